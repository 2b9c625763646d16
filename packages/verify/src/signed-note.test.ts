import { describe, expect, test } from "vitest";
import { formatCheckpoint, parseCheckpoint } from "./checkpoint.ts";
import {
  formatVerifierKey,
  openNote,
  parseNote,
  parseVerifierKey,
  splitNotes,
} from "./signed-note.ts";
import { formatTilePath, parseTilePath } from "./tile-path.ts";

// golang.org/x/mod/sumdb/note, note_test.go: the example of the reference implementation.
const text =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const peter = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const peterLine =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
// github.com/yaglo/signed_note, README.
const foo = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const fooNote =
  "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
const note = `${text}\n${peterLine}`;
const keys = [peter, foo].map(parseVerifierKey);

describe("a signed note (c2sp.org/signed-note)", () => {
  test("is opened as published", async () => {
    expect(await openNote(note, keys)).toMatchObject({
      text,
      signedBy: [{ name: "PeterNeumann" }],
    });
    expect((await openNote(fooNote, keys)).text).toBe("This is an example message.\n");
    expect(keys.map(formatVerifierKey)).toEqual([peter, foo]);
  });

  test("passes over signatures of unknown keys, and needs one that is known", async () => {
    const other = "— someone AAAAAAAA\n";
    expect((await openNote(`${text}\n${other}${peterLine}`, keys)).text).toBe(text);
    await expect(openNote(`${text}\n${other}`, keys)).rejects.toThrow("no known key signed it");
    await expect(openNote(note, keys.slice(1))).rejects.toThrow("no known key signed it");
  });

  test.each([
    note.replace("answer", "Answer"),
    note.replace("x08go/ZJ", "x08go/ZK"),
    `${text}\n\n${peterLine}`,
    `${text}\n${peterLine}— PeterNeumann x08go/AA\n`,
  ])("with a known key's signature that is wrong is refused: %j", async (wrong) => {
    await expect(openNote(wrong, keys)).rejects.toThrow("the signature of PeterNeumann is wrong");
  });

  test.each([
    "",
    text,
    note.slice(0, -1),
    `${text}\n`,
    `${text}\n\n`,
    note.replace("problem", "pro\tblem"),
    note.replace("—", "-"),
    note.replace(" x08", "  x08"),
    note.replace("nAM=", "nAN="),
    `${text}\n— PeterNeumann AAAA\n`,
    `${text}\n${"— a AAAAAAAA\n".repeat(101)}`,
  ])("is not %j", (wrong) => expect(() => parseNote(wrong)).toThrow());

  test.each([
    peter.replace("c74f20a3", "c74f20a4"),
    peter.replace("+ARpc", "+ARpd"),
    peter.replace("PeterNeumann", "PeterNeuman"),
    peter.replace("PeterNeumann", "Peter Neumann"),
    peter.slice(0, -1),
    peter.slice(1),
    "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  ])("has no verifier key %s", (wrong) => expect(() => parseVerifierKey(wrong)).toThrow());

  test("stands with others in a file", () => {
    expect(splitNotes(`${note}${fooNote}\n\n${note}`)).toEqual([note, fooNote, note]);
    expect(splitNotes("nothing")).toEqual([]);
  });
});

describe("a checkpoint (c2sp.org/tlog-checkpoint)", () => {
  // The example of the specification.
  const example =
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

  test("is read and written as published", () => {
    const checkpoint = parseCheckpoint(example);
    expect(checkpoint).toMatchObject({ origin: "example.com/behind-the-sofa", size: 20852163 });
    expect(formatCheckpoint(checkpoint)).toBe(example);
    expect(parseCheckpoint(`${example}an extension\n`)).toEqual(checkpoint);
  });

  test.each([
    example.slice(0, -1),
    example.replace("20852163", "020852163"),
    example.replace("20852163", "-1"),
    example.replace("20852163", "99999999999999999"),
    example.replace("q2I=", ""),
    example.slice(1 + example.indexOf("\n")),
    `\n${example}`,
    `${example}\n`,
  ])("is not %j", (wrong) => expect(() => parseCheckpoint(wrong)).toThrow());
});

test("tiles are named as the specification says (c2sp.org/tlog-tiles)", () => {
  const tile = { level: 0, index: 1234067, width: 256 };
  expect(formatTilePath(tile)).toBe("0/x001/x234/067");
  expect(parseTilePath("0/x001/x234/067")).toEqual(tile);
  expect(parseTilePath("1/000.p/17")).toEqual({ level: 1, index: 0, width: 17 });
  const wrong = [
    "0/0",
    "0/x000/001",
    "00/001",
    "64/001",
    "0/001.p/0",
    "0/001.p/256",
    "0/001.p/257",
    "0/001.p/999",
    "0/001.p/017",
    "0/1000",
    "0/x001",
    "entries/000",
    "",
    "0/001/",
    "-1/001",
  ];
  for (const path of wrong) expect([path, parseTilePath(path)]).toEqual([path, null]);
});
