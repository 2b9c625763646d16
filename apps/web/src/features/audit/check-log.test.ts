import { toBase64 } from "@muniment/verify/base64.ts";
import { formatCheckpoint } from "@muniment/verify/checkpoint.ts";
import { coverOf, Frontier, type Hash, leafHash } from "@muniment/verify/merkle.ts";
import { formatSignature, formatVerifierKey, verifierKey } from "@muniment/verify/signed-note.ts";
import { expect, it } from "vitest";
import { checkLog, type SeenLog } from "./check-log.ts";

const origin = "muniment.example.org/audit";

async function createLog(name = origin) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  const key = verifierKey(
    name,
    new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)),
  );
  const keys = [formatVerifierKey(key)];
  async function seal(texts: string[]): Promise<SeenLog> {
    const tree = new Frontier();
    for (const text of texts) tree.append(leafHash(text));
    const text = formatCheckpoint({ origin: name, size: tree.size, root: tree.root() });
    const bytes = new TextEncoder().encode(text);
    const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes));
    return { note: `${text}\n${formatSignature(key, signature)}`, keys };
  }
  return { keys, seal };
}

/** A proof from a power of two: the subtrees that follow, folded to the right. */
const proveTwoToFour = (texts: string[]) => async () =>
  coverOf(2, 4).map(() => {
    const tree = new Frontier();
    for (const text of texts.slice(2)) tree.append(leafHash(text));
    const root: Hash = tree.root();
    return toBase64(root);
  });

const present = ({ note, keys }: SeenLog) => ({ note, verifierKeys: keys });
const never = async () => {
  throw new Error("no proof is needed");
};

it("believes a log at first sight, and then that it only grew", async () => {
  const { seal } = await createLog();
  const before = await seal(["a", "b"]);
  expect(await checkLog(present(before), null, never)).toEqual({ ok: true, since: null });
  const now = present(await seal(["a", "b", "c", "d"]));
  const proof = proveTwoToFour(["a", "b", "c", "d"]);
  expect(await checkLog(now, before, proof)).toEqual({ ok: true, since: 2 });
  const other = present(await seal(["x", "b", "c", "d"]));
  expect(await checkLog(other, before, proof)).toEqual({
    ok: false,
    reason: "The first 2 entries are not those that this browser saw before.",
  });
});

it("notices a log that shrank, was exchanged, or is signed by somebody else", async () => {
  const { seal, keys } = await createLog();
  const before = await seal(["a", "b", "c"]);
  const reason = async (now: SeenLog, seen: SeenLog | null = before) => {
    const check = await checkLog(present(now), seen, never);
    return check.ok ? "" : check.reason;
  };
  expect(await reason(await seal(["a"]))).toMatch(/had 3 entries .* and has 1 now/);
  const stranger = await (await createLog()).seal(["a", "b", "c", "d"]);
  expect(await reason(stranger)).toMatch(/no known key signed it/);
  expect(await reason({ ...stranger, keys }, null)).toMatch(/no known key signed it/);
  const spoilt = { note: before.note.replace("\n3\n", "\n4\n"), keys };
  expect(await reason(spoilt)).toMatch(/the signature of .* is wrong/);
  const renamed = await createLog("other.example.org/audit");
  const seen = { note: before.note, keys: renamed.keys };
  expect(await reason(await renamed.seal(["a", "b", "c"]), seen)).toMatch(/saw another log before/);
});
