import { fromBase64, sameBytes, toBase64 } from "@muniment/verify/base64.ts";
import { parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { type Evidence, verifyEvidence } from "@muniment/verify/evidence.ts";
import {
  Frontier,
  type Hash,
  verifyConsistency,
  verifyInclusion,
} from "@muniment/verify/merkle.ts";
import { openNote, parseVerifierKey } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeAuditEntry } from "../src/audit/write.ts";
import type { Answer, Client } from "./client.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

const total = 600;
let server: TestServer;
let auditor: Client;
/** The tree of every leaf, kept apart from the server's. */
let leaves: Hash[];

beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  auditor = await server.user("auditor");
  const { database, sealer, now } = server.deps;
  await database.transaction({}, async (tx) => {
    for (let count = 0; count < total; count += 1)
      await writeAuditEntry(tx, server.deps.dataKeys, {
        at: now(),
        principal: { kind: "anonymous" },
        request: { id: `r${count}`, address: "192.0.2.7", userAgent: "Tests/1.0" },
        action: "session.ended",
        outcome: "success",
        target: { kind: "session", id: "x", label: `someone-${count}@example.org` },
        details: {},
      });
  });
  await sealer.seal();
  const rows = await server.owner`select hash from audit_leaves order by index`;
  leaves = rows.map(({ hash }) => Uint8Array.from(hash));
  expect(leaves.length).toBeGreaterThan(total);
});
afterAll(() => server.stop());

const reason = (answer: Answer) => [answer.status, answer.error?.data.reason];
function rootOf(size: number): Hash {
  const tree = new Frontier();
  for (const hash of leaves.slice(0, size)) tree.append(hash);
  return tree.root();
}
const hashes = (texts: string[]) => texts.map(fromBase64);

describe("a proof of inclusion", () => {
  test("holds for entries at the edges of trees and tiles, in the sizes around them", async () => {
    const cases = [
      [0, 1],
      [0, 2],
      [1, 2],
      [255, 256],
      [255, 257],
      [256, 257],
      [300, 301],
      [0, 511],
      [511, 512],
      [512, 513],
      [17, 600],
      [599, 600],
      [300, 512],
    ] as const;
    for (const [index, size] of cases) {
      const proof = must(await auditor.query("audit.inclusionProof", { index, size }));
      expect(proof).toMatchObject({ index, size, leafHash: toBase64(leaves[index] as Hash) });
      const holds = verifyInclusion(
        fromBase64(proof.leafHash),
        index,
        size,
        hashes(proof.hashes),
        rootOf(size),
      );
      expect([index, size, holds]).toEqual([index, size, true]);
    }
  });

  test("is of the newest checkpoint unless a size is named", async () => {
    const { size } = must(await auditor.query("audit.checkpoint"));
    for (const index of [3, 4, 599]) {
      const proof = must(await auditor.query("audit.inclusionProof", { index }));
      expect(proof.size).toBeGreaterThanOrEqual(size);
      const rows = await server.owner`
        select hash from audit_leaves where index < ${proof.size} order by index`;
      const tree = new Frontier();
      for (const { hash } of rows) tree.append(Uint8Array.from(hash));
      const leaf = fromBase64(proof.leafHash);
      expect(leaf).toEqual(leaves[index]);
      expect(verifyInclusion(leaf, index, proof.size, hashes(proof.hashes), tree.root())).toBe(
        true,
      );
    }
  });

  test("of an entry or a size that is not there is refused", async () => {
    const ask = async (input: object) => reason(await auditor.query("audit.inclusionProof", input));
    expect(await ask({ index: 900_000 })).toEqual([404, "not_found"]);
    expect(await ask({ index: 5, size: 5 })).toEqual([404, "not_found"]);
    expect(await ask({ index: 5, size: 900_000 })).toEqual([404, "not_found"]);
    for (const wrong of [{}, { index: -1 }, { index: 1.5 }, { index: 1, size: 0 }, { index: "1" }])
      expect((await ask(wrong))[0]).toBe(400);
  });
});

describe("a proof of consistency", () => {
  test("holds between any two sizes", async () => {
    const cases = [
      [0, 5],
      [1, 2],
      [1, 600],
      [255, 256],
      [256, 257],
      [256, 512],
      [257, 600],
      [512, 513],
      [511, 600],
      [600, 600],
      [599, 600],
    ] as const;
    for (const [from, to] of cases) {
      const proof = must(await auditor.query("audit.consistencyProof", { from, to }));
      const holds = verifyConsistency(from, to, hashes(proof.hashes), rootOf(from), rootOf(to));
      expect([from, to, holds]).toEqual([from, to, true]);
    }
  });

  test("of sizes that are not there is refused", async () => {
    const ask = async (input: object) =>
      reason(await auditor.query("audit.consistencyProof", input));
    expect(await ask({ from: 1, to: 900_000 })).toEqual([404, "not_found"]);
    expect(await ask({ from: 2, to: 1 })).toEqual([400, "invalid_input"]);
  });
});

describe("the newest checkpoint", () => {
  test("is signed with the keys it names, and states the log's size and root", async () => {
    const answer = must(await auditor.query("audit.checkpoint"));
    const { text } = await openNote(answer.note, answer.verifierKeys.map(parseVerifierKey));
    const { origin, size, root } = parseCheckpoint(text);
    expect(answer).toMatchObject({ origin, size, rootHash: toBase64(root), problem: null });
    expect(Date.parse(answer.at)).toBeGreaterThan(Date.now() - 600_000);
  });

  test("and every proof are for those who may read the audit log", async () => {
    const member = await server.member();
    const calls = {
      "audit.checkpoint": undefined,
      "audit.inclusionProof": { index: 0 },
      "audit.consistencyProof": { from: 0, to: 1 },
      "audit.evidence": { from: 0, count: 1 },
    };
    for (const [path, input] of Object.entries(calls)) {
      expect((await member.query(path, input)).status).toBe(403);
      expect((await server.anonymous().query(path, input)).status).toBe(401);
    }
  });
});

describe("evidence", () => {
  const ask = async (from: number, count: number): Promise<Evidence> =>
    must(await auditor.query("audit.evidence", { from, count }));

  test("verifies without the server", async () => {
    const { verifierKeys } = must(await auditor.query("audit.checkpoint"));
    for (const [from, count] of [
      [0, 1],
      [0, 256],
      [255, 2],
      [300, 100],
      [400, 150],
    ] as const) {
      const bundle = await ask(from, count);
      const verdict = await verifyEvidence(bundle, verifierKeys);
      expect(verdict).toMatchObject({ ok: true, entries: count, signedBy: verifierKeys });
    }
    const bundle = await ask(400, 1);
    expect(JSON.stringify(bundle)).toContain("@example.org");
    expect(bundle.ranges[0]?.entries[0]?.leaf).not.toContain("@example.org");
  });

  test("says which entry is wrong, and why", async () => {
    const spoil = async (change: (bundle: Evidence) => void) => {
      const bundle = await ask(300, 40);
      change(bundle);
      return verifyEvidence(bundle);
    };
    const entry = (bundle: Evidence, at: number) => {
      const found = bundle.ranges[0]?.entries[at];
      if (!found) throw new Error("no entry");
      return found;
    };
    const wrong = (index: number | null, why: RegExp) => ({
      ok: false,
      index,
      reason: expect.stringMatching(why),
    });
    expect(
      await spoil((bundle) => {
        entry(bundle, 7).leaf = entry(bundle, 7).leaf.replace("success", "refused");
      }),
    ).toEqual(wrong(307, /the entry was changed/));
    expect(
      await spoil((bundle) => {
        entry(bundle, 9).target = {
          ...entry(bundle, 9).target,
          salt: "",
          label: "else@example.org",
        };
      }),
    ).toEqual(wrong(309, /the target's personal data was changed/));
    expect(
      await spoil((bundle) => {
        entry(bundle, 9).actor = { salt: entry(bundle, 9).actor?.salt ?? "", address: "192.0.2.8" };
      }),
    ).toEqual(wrong(309, /the actor's personal data was changed/));
    expect(
      await spoil((bundle) => {
        entry(bundle, 3).leaf = entry(bundle, 4).leaf;
        entry(bundle, 3).hash = entry(bundle, 4).hash;
        entry(bundle, 3).actor = null;
        entry(bundle, 3).target = null;
      }),
    ).toEqual(wrong(300, /entries 300 to 339: the proof does not lead to the signed root/));
    expect(await spoil((bundle) => bundle.ranges[0]?.entries.splice(5, 1))).toEqual(
      wrong(300, /the proof does not lead/),
    );
    expect(await spoil((bundle) => bundle.ranges[0]?.entries.reverse())).toEqual(
      wrong(300, /the proof does not lead/),
    );
    expect(
      await spoil((bundle) => {
        bundle.checkpoint = bundle.checkpoint.replace(/\n\d+\n/, "\n9999\n");
      }),
    ).toEqual(wrong(null, /the checkpoint: the signature of .* is wrong/));
    expect(
      await spoil((bundle) => {
        bundle.keys = ["PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"];
      }),
    ).toEqual(wrong(null, /the checkpoint: no known key signed it/));
  });

  test("of an erased person verifies as before, without what was erased", async () => {
    const bundle = await ask(320, 2);
    for (const entry of bundle.ranges[0]?.entries ?? []) entry.target = null;
    expect(JSON.stringify(bundle)).not.toContain("@example.org");
    expect(await verifyEvidence(bundle)).toMatchObject({ ok: true, entries: 2 });
  });
});

describe("the public files of the log (c2sp.org/tlog-tiles)", () => {
  const get = (path: string, init?: RequestInit) => server.fetch(`/audit/${path}`, init);

  test("let anybody rebuild the tree of the signed checkpoint, and read nothing else", async () => {
    const answer = await get("checkpoint");
    expect(answer.headers.get("content-type")).toBe("text/plain; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("public, max-age=1");
    expect(answer.headers.get("ratelimit")).toMatch(/general_address/);
    const keys = (await (await get("keys")).text()).trimEnd().split("\n").map(parseVerifierKey);
    const { size, root } = parseCheckpoint((await openNote(await answer.text(), keys)).text);
    const tree = new Frontier();
    for (let at = 0; at < size; at += 256) {
      const width = Math.min(256, size - at);
      const tile = await get(
        `tile/0/${String(at / 256).padStart(3, "0")}${width < 256 ? `.p/${width}` : ""}`,
      );
      expect(tile.headers.get("content-type")).toBe("application/octet-stream");
      expect(tile.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      const bytes = new Uint8Array(await tile.arrayBuffer());
      expect(bytes.length).toBe(width * 32);
      for (let hash = 0; hash < width; hash += 1)
        tree.append(bytes.slice(hash * 32, hash * 32 + 32));
    }
    expect(sameBytes(tree.root(), root)).toBe(true);
    const upper = new Uint8Array(await (await get("tile/1/000.p/2")).arrayBuffer());
    expect(toBase64(upper.slice(0, 32))).toBe(toBase64(rootOf(256)));
  });

  test("are no others", async () => {
    const paths = [
      "",
      "tile",
      "tile/",
      "tile/0/000.p/0",
      "tile/0/000.p/256",
      "tile/0/009",
      "tile/1/000",
      "tile/1/000.p/3",
      "tile/2/000.p/1",
      "tile/63/000.p/1",
      "tile/64/000",
      "tile/0/0",
      "tile/0/x000/000",
      "tile/entries/000",
      "tile/0/..%2f..%2fcheckpoint",
      "tile/0/999999999999999",
      "entries",
      "checkpoint/",
    ];
    for (const path of paths) expect([path, (await get(path)).status]).toEqual([path, 404]);
    expect((await get("checkpoint", { method: "POST" })).status).toBe(405);
    const wide = "tile/6/x999/x999/x999/x999/999";
    expect((await get(wide)).status).toBe(404);
  });

  test("are counted against their reader's address", async () => {
    const other = await startTestServer({ besides: server, env: { RATE_LIMIT_MAX_REQUESTS: "2" } });
    try {
      const statuses = [];
      for (let count = 0; count < 3; count += 1)
        statuses.push((await other.fetch("/audit/checkpoint")).status);
      expect(statuses).toEqual([200, 200, 429]);
      const refused = await other.fetch("/audit/tile/0/000");
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    } finally {
      await other.stop();
    }
  });
});
