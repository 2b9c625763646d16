import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrailer } from "@muniment/shared/exports.ts";
import { type Evidence, verifyEvidence } from "@muniment/verify/evidence.ts";
import { formatVerifierKey, parseNote } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
// biome-ignore lint/correctness/useImportExtensions: a script, which has its types beside it
import { buildVerifier } from "../../../scripts/build.mjs";
import { readCheckpoint } from "../src/audit/checkpoints.ts";
import { createCosigner, createNoteSigner } from "../src/audit/note-signer.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";

const clock = createClock();
const markup = "</script><script>document.title='x'</script>";
let web: string;
let server: TestServer;
let auditor: UserClient;
let size: number;
beforeAll(async () => {
  web = await mkdtemp(join(tmpdir(), "muniment-web-"));
  await writeFile(join(web, "verifier.html"), await buildVerifier());
  await writeFile(join(web, "index.html"), "");
  server = await startTestServer({ webDirectory: web, now: clock.now });
  auditor = await server.user("auditor");
  const member = await server.member();
  must(await member.mutate("agents.create", { name: '=HYPERLINK("http://evil")' }));
  must(await member.mutate("agents.create", { name: markup }));
  must(await member.mutate("auth.signOut"));
  await server.deps.sealer.seal();
  size = (await readCheckpoint(server.deps.database.audit))?.size ?? 0;
});
afterAll(async () => {
  await server.stop();
  await rm(web, { recursive: true, force: true });
});

const get = ({ cookie }: UserClient, path: string) => server.fetch(path, { headers: { cookie } });
async function fetchExport(input: object, client: UserClient = auditor) {
  const { path } = must(await auditor.mutate("audit.export", input));
  return get(client, path);
}
const linesOf = async (answer: Response) => {
  const text = await answer.text();
  const lines = text.trimEnd().split("\n");
  const trailer = readTrailer(lines.pop() ?? "");
  const before = text.slice(0, text.lastIndexOf("\n", text.length - 2) + 1);
  expect(trailer?.sha256).toBe(createHash("sha256").update(before).digest("hex"));
  return { lines, trailer };
};

test("entries go out as NDJSON with their places and hashes, counted and hashed", async () => {
  const answer = await fetchExport({ format: "ndjson", to: size });
  expect(answer.headers.get("content-disposition")).toContain(`audit-log-0-${size - 1}.ndjson`);
  const { lines, trailer } = await linesOf(answer);
  const entries = lines.map((line) => JSON.parse(line));
  expect(trailer?.rows).toBe(size);
  expect(entries.map(({ index }) => index)).toEqual(Array.from({ length: size }, (_, at) => at));
  const created = entries.find(({ action }) => action === "agent.created");
  const evidence = must(await auditor.query("audit.evidence", { from: created.index, count: 1 }));
  expect(created.leafHash).toBe(evidence.ranges[0].entries[0].hash);
  const { items } = must(await auditor.query("audit.search", { actions: ["audit.exported"] }));
  expect(items[0]).toMatchObject({ details: { format: "ndjson", from: 0, to: size } });
});

test("as CSV that no spreadsheet takes for a formula", async () => {
  const { lines, trailer } = await linesOf(await fetchExport({ format: "csv", to: size }));
  expect(lines[0]?.split(",").slice(0, 3)).toEqual(["index", "id", "at"]);
  expect([lines.length - 1, trailer?.rows]).toEqual([size, size]);
  const created = lines.find((line) => line.includes("agent.created"));
  expect(created).toContain(`,"'=HYPERLINK(""http://evil"")",`);
});

test("as OCSF events of the classes Authentication and API Activity", async () => {
  const { lines } = await linesOf(await fetchExport({ format: "ocsf", to: size }));
  const events = lines.map((line) => JSON.parse(line));
  const of = (action: string) => events.find(({ unmapped }) => unmapped.action === action);
  expect(of("session.created")).toMatchObject({
    class_uid: 3002,
    category_uid: 3,
    activity_id: 1,
    type_uid: 300201,
    status_id: 1,
    severity_id: 1,
    user: { email_addr: expect.stringContaining("@"), type_id: 1 },
    src_endpoint: { ip: "127.0.0.1" },
  });
  expect(of("session.ended")).toMatchObject({ type_uid: 300202 });
  expect(of("agent.created")).toMatchObject({
    class_uid: 6003,
    category_uid: 6,
    type_uid: 600301,
    api: { operation: "agent.created" },
    resources: [{ type: "agent" }],
  });
  for (const { metadata, time, type_uid, class_uid, activity_id } of events) {
    expect(metadata).toMatchObject({ version: "1.3.0", product: { name: "Muniment" } });
    expect(time).toBeGreaterThan(0);
    expect(type_uid).toBe(class_uid * 100 + activity_id);
  }
});

test("as evidence that is verified without the server, with what witnesses cosigned", async () => {
  const newest = await readCheckpoint(server.deps.database.audit);
  if (!newest) throw new Error("no checkpoint");
  const witness = createCosigner([Buffer.alloc(32, 9)], "w.example.org/witness");
  const [key] = witness.keys;
  if (!key) throw new Error("no key");
  const line = witness.cosign(parseNote(newest.note).text, clock.now());
  const row = { size: newest.size, key: formatVerifierKey(key), line, at: clock.now() };
  await server.owner`insert into audit_cosignatures ${server.owner(row)}`;

  const json = (await (await fetchExport({ format: "json", from: 1, to: 3 })).json()) as Evidence;
  expect(await verifyEvidence(json)).toMatchObject({
    ok: true,
    entries: 2,
    cosignedBy: [{ key: row.key }],
  });
  const forged = {
    ...json,
    checkpoint: json.checkpoint.replace(line, line.replace(/.{9}\n$/, "AAAAAAA=\n")),
  };
  expect(await verifyEvidence(forged)).toMatchObject({ ok: false });

  const { keys, witnesses } = json;
  expect(witnesses).toEqual([row.key]);
  expect(await verifyEvidence(json, keys)).toMatchObject({ ok: true, cosignedBy: [] });
  expect(await verifyEvidence(json, keys, witnesses)).toMatchObject({
    cosignedBy: [{ key: row.key }],
  });

  const page = await (await fetchExport({ format: "html", from: 1, to: 3 })).text();
  const [, embedded = ""] = /<script id="evidence"[^>]*>(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(embedded)).toEqual(json);
  expect(page).toContain("default-src 'none'");
});

test("in a page whose script no name in it can end", async () => {
  const json = await (await fetchExport({ format: "json", to: size })).json();
  expect(JSON.stringify(json)).toContain(markup);
  const page = await (await fetchExport({ format: "html", to: size })).text();
  expect(page).not.toContain(markup);
  const [, embedded = ""] = /<script id="evidence"[^>]*>(.*?)<\/script>/s.exec(page) ?? [];
  expect(JSON.parse(embedded)).toEqual(json);
});

test("under a checkpoint of a key that the server still has, cosigned or not", async () => {
  const { database, sealer } = server.deps;
  const old = await readCheckpoint(database.audit);
  if (!old) throw new Error("no checkpoint");
  const { text } = parseNote(old.note);
  const dropped = createNoteSigner([Buffer.alloc(32, 8)], old.origin);
  const cosigned = { size: old.size, key: "w+00000000+AA==", line: "", at: clock.now() };
  await server.owner`insert into audit_cosignatures ${server.owner(cosigned)}`;
  must(await (await server.member()).mutate("agents.create", { name: "later" }));
  await sealer.seal();
  await server.owner`update audit_checkpoints set note = ${dropped.sign(text)} where size = ${old.size}`;
  const ask = { from: 1, count: 1 };
  for (const bundle of [
    (await (await fetchExport({ format: "json", from: 1, to: 2 })).json()) as Evidence,
    must(await auditor.query("audit.evidence", ask)) as Evidence,
  ])
    expect(await verifyEvidence(bundle)).toMatchObject({ ok: true, entries: 1 });
});

test("two at a time of a user when they are built in memory", async () => {
  const paths: string[] = [];
  for (let made = 0; made < 5; made++)
    paths.push(must(await auditor.mutate("audit.export", { format: "json", to: 2 })).path);
  const statuses: number[] = [];
  const refused: string[] = [];
  let all: Promise<void>[] = [];
  await server.owner.begin(async (tx) => {
    await tx`lock table audit_leaves`;
    all = paths.map(async (path) => {
      const answer = await get(auditor, path);
      statuses.push(answer.status);
      if (answer.status === 503) refused.push(path);
      await answer.arrayBuffer();
    });
    await expect.poll(() => statuses).toEqual([503, 503, 503]);
  });
  await Promise.all(all);
  expect(statuses.slice(3)).toEqual([200, 200]);
  // Whoever is told to come again still has the ticket.
  expect((await get(auditor, refused[0] ?? "")).status).toBe(200);
});

test("a ticket is good still after a file could not be made for now", async () => {
  const { path } = must(await auditor.mutate("audit.export", { format: "json", to: 2 }));
  await server.owner`alter table audit_leaves rename to gone_for_now`;
  try {
    expect((await get(auditor, path)).status).toBeGreaterThanOrEqual(500);
  } finally {
    await server.owner`alter table gone_for_now rename to audit_leaves`;
  }
  expect((await get(auditor, path)).status).toBe(200);
  expect((await get(auditor, path)).status).toBe(404);
});

test("a ticket begins one download, however many ask at once and on which node", async () => {
  const node = await startTestServer({ besides: server, now: clock.now });
  try {
    for (const format of ["ndjson", "json"]) {
      const { path } = must(await auditor.mutate("audit.export", { format, to: 2 }));
      const elsewhere = () => node.fetch(path, { headers: { cookie: auditor.cookie } });
      const asked = [get(auditor, path), elsewhere(), get(auditor, path), elsewhere()];
      const answers = await Promise.all(asked);
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect([404, 503]).toEqual(
        expect.arrayContaining([...new Set(statuses)].filter((s) => s !== 200)),
      );
      expect((await get(auditor, path)).status).toBe(404);
    }
  } finally {
    await node.stop();
  }
});

test("only to whom a ticket was given, for a minute, and with the right to it", async () => {
  const other = await server.user("auditor");
  expect((await fetchExport({ format: "csv" }, other)).status).toBe(404);
  const { path } = must(await auditor.mutate("audit.export", { format: "csv" }));
  expect((await server.fetch(path)).status).toBe(401);
  expect((await get(auditor, `${path}x`)).status).toBe(404);
  await server.owner`update users set role = 'member' where id = ${auditor.id}`;
  server.deps.identities.forget();
  expect((await get(auditor, path)).status).toBe(403);
  const refusals = async () => {
    await server.deps.folding.flush();
    const asked = { actions: ["call.refused"], actorId: auditor.id };
    return must(await other.query("audit.search", asked)).items;
  };
  await expect.poll(refusals).toMatchObject([
    {
      target: { kind: "procedure", id: "audit.export" },
      outcome: "refused",
      details: { reason: "not_permitted", count: 1 },
    },
  ]);
  await server.owner`update users set role = 'auditor' where id = ${auditor.id}`;
  server.deps.identities.forget();
  expect((await get(auditor, path)).status).toBe(200);
  expect((await get(auditor, path)).status).toBe(404);
  const late = must(await auditor.mutate("audit.export", { format: "csv" }));
  const reason = async (input: object) =>
    (await auditor.mutate("audit.export", input)).error?.data.reason;
  expect(await reason({ format: "csv", from: 3, to: 3 })).toBe("invalid_range");
  expect(await reason({ format: "csv", from: 3, to: 1 })).toBe("invalid_range");
  expect(await reason({ format: "csv", from: 1_000_000 })).toBe("invalid_range");
  expect(await reason({ format: "csv", from: -1 })).toBe("invalid_input");
  expect(await reason({ format: "csv", to: 1_000_000 })).toBe("not_found");
  expect(await reason({ format: "xml" })).toBe("invalid_input");
  expect((await (await server.member()).mutate("audit.export", { format: "csv" })).status).toBe(
    403,
  );
  clock.advance(61);
  expect((await get(auditor, late.path)).status).toBe(404);
  clock.advance(300);
  expect(await reason({ format: "csv" })).toBe("reauthentication_required");
});
