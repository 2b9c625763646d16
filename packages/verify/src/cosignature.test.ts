import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { expect, test } from "vitest";
import { openCosignatures, parseWitnessKey, witnessKey } from "./cosignature.ts";
import { formatVerifierKey, parseVerifierKey } from "./signed-note.ts";

// c2sp.org/tlog-cosignature: the example's checkpoint.
const text =
  "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
const name = "witness.example.com/w1";
const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const raw = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
const key = witnessKey(name, raw);

/** A cosignature line, put together as the specification says and by nothing of the package. */
function lineOf(seconds: number, of = text): string {
  const id = createHash("sha256").update(`${name}\n`).update(Buffer.of(4)).update(raw).digest();
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(seconds));
  const signed = sign(null, Buffer.from(`cosignature/v1\ntime ${seconds}\n${of}`), privateKey);
  return `— ${name} ${Buffer.concat([id.subarray(0, 4), time, signed]).toString("base64")}\n`;
}

test("a cosignature is opened as the specification has it, with its time", async () => {
  const note = `${text}\n— example.com/behind-the-sofa AAAAAAAA\n${lineOf(1679315147)}`;
  expect(await openCosignatures(note, [key])).toEqual([
    { key, at: new Date("2023-03-20T12:25:47.000Z") },
  ]);
  expect(await openCosignatures(note, [])).toEqual([]);
});

test.each([
  ["of another checkpoint", lineOf(1, text.replace("20852163", "20852164"))],
  ["cut short", lineOf(1).replace(/.{8}\n$/, "\n")],
  ["with another time", lineOf(1).replace("AAAAAAAAB", "AAAAAAAAC")],
])("one %s is refused", async (_, line) => {
  const refused = openCosignatures(`${text}\n${line}`, [key]);
  if (line === lineOf(1)) throw new Error("nothing was changed");
  await expect(refused).rejects.toThrow(/the cosignature of|not a signature line|not base 64/);
});

test("the key of a witness is none of a log, nor the other way round", () => {
  const written = formatVerifierKey(key);
  expect(parseWitnessKey(written)).toEqual(key);
  expect(() => parseVerifierKey(written)).toThrow("not an Ed25519 verifier key");
  const foo = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  expect(() => parseWitnessKey(foo)).toThrow("not an Ed25519 verifier key");
});
