import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { constants, deflateRawSync } from "node:zlib";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { collectGarbage } from "../../../test/collect-garbage.ts";
import { type Client, toAnswer } from "./client.ts";
import { createClock } from "./clock.ts";
import { makeEvent, makeSender, send } from "./events-sender.ts";
import { jpeg, png, pngText, secretPlace } from "./file-samples.ts";
import { must, password, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { downloadFile, uploadFile } from "./upload.ts";

let server: TestServer;
const clock = createClock();
const env = {
  UPLOAD_MAX_BYTES: "100000",
  UPLOAD_QUOTA_BYTES: "250000",
  RATE_LIMIT_USER_MAX: "100000",
};
beforeAll(async () => {
  server = await startTestServer({ env, now: clock.now });
});
afterAll(() => server.stop());

const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
const upload = (client: Client, bytes: Uint8Array | string, options = {}) =>
  uploadFile(server, client, bytes, options);
const take = (client: Client, id: string) => downloadFile(server, client, id);
const placeOf = (id: string) => join(server.dataDir, "uploads", id.slice(-2), id);

/** Every file below `DATA_DIR/uploads`. */
async function filesOnDisk(): Promise<string[]> {
  const entries = await readdir(join(server.dataDir, "uploads"), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}
const filesKnown = async () =>
  (await server.owner`select id from stored_files`).map(({ id }) => id as string);

let spare: { client: UserClient; left: number } | undefined;

/** A member who may upload once more within the hour, for tests that only need anybody. */
async function anybody(): Promise<UserClient> {
  if (!spare || spare.left === 0) spare = { client: await server.member(), left: 10 };
  spare.left -= 1;
  return spare.client;
}

/** An event of a member's own. */
async function makeEventOwner() {
  const sender = await makeSender(server);
  const event = makeEvent();
  expect((await send(server, sender.key, [event])).body).toMatchObject({ accepted: 1 });
  return { ...sender, eventId: event.id };
}

/** Sends bytes as they are over a socket; answers all that came back. */
function sendRaw(client: Client, head: string[], body: Buffer, end = true): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const lines = [
        "POST /trpc/uploads.create HTTP/1.1",
        `host: ${hostname}:${port}`,
        `origin: ${server.url}`,
        `cookie: ${client.cookie}`,
        "connection: close",
        ...head,
      ];
      socket.write(`${lines.join("\r\n")}\r\n\r\n`);
      socket.write(body);
      if (end) socket.end();
    });
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("error", reject);
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("utf8")));
  });
}

const boundary = "------------------------x1";
const contentType = `content-type: multipart/form-data; boundary=${boundary}`;
const part = (disposition: string, value: string) =>
  `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n${value}\r\n`;
const file = (value = "text", name = "a.txt") => part(`name="file"; filename="${name}"`, value);
const close = `--${boundary}--\r\n`;

async function sendForm(client: Client, body: string | Buffer, type = contentType) {
  const response = await server.fetch("/trpc/uploads.create", {
    method: "POST",
    headers: {
      cookie: client.cookie,
      origin: server.url,
      "content-type": type.slice("content-type: ".length),
    },
    body,
  });
  return toAnswer(response);
}

describe("a file", () => {
  test("is kept beside an event, listed, downloaded and deleted", async () => {
    const { member, eventId } = await makeEventOwner();
    const text = "Zo\u00eb was here\n";
    const options = { name: "Zo\u00eb's notes.log", fields: { eventId } };
    const kept = must(await upload(member, text, options));
    expect(kept).toMatchObject({
      name: "Zo\u00eb's notes.log",
      type: "text/plain",
      bytes: Buffer.byteLength(text),
      sha256: sha256(text),
      sentSha256: sha256(text),
      eventId,
      scanned: false,
    });
    const other = must(await upload(member, "other", { fields: { name: "named.txt" } }));
    expect(other).toMatchObject({ name: "named.txt", eventId: null });
    expect(must(await member.query("uploads.list", { eventId })).items).toEqual([kept]);
    expect(must(await member.query("uploads.list")).items).toEqual([other, kept]);
    const first = must(await member.query("uploads.list", { limit: 1 }));
    const next = { limit: 1, cursor: first.nextCursor };
    expect(must(await member.query("uploads.list", next)).items).toEqual([kept]);
    expect(must(await member.query("uploads.get", { id: kept.id }))).toEqual(kept);
    expect(must(await member.query("uploads.quota"))).toEqual({
      files: 2,
      usedBytes: kept.bytes + 5,
      quotaBytes: 250_000,
      maxFileBytes: 100_000,
      scanned: false,
    });

    const answer = await take(member, kept.id);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toBe(text);
    const headers = Object.fromEntries(answer.headers);
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="upload-${kept.id}.txt"`,
      "content-security-policy": expect.stringMatching(/, sandbox; default-src 'none'$/),
      "cross-origin-resource-policy": "same-origin",
      "x-content-type-options": "nosniff",
    });

    expect(must(await member.mutate("uploads.delete", { id: kept.id }))).toEqual({ id: kept.id });
    expect((await take(member, kept.id)).status).toBe(404);
    await expect.poll(filesOnDisk).not.toContain(kept.id);
    expect(must(await member.query("uploads.list", { eventId })).items).toEqual([]);
    const admin = await server.admin();
    for (const [action, id] of [
      ["upload.created", kept.id],
      ["upload.deleted", kept.id],
    ]) {
      const { items } = must(
        await admin.query("audit.search", { actions: [action], targetId: id }),
      );
      expect(items).toHaveLength(1);
      expect(items[0].target.label).toBe("Zo\u00eb's notes.log");
    }
  });

  test("lies on the disk encrypted, in folders that nobody else can list", async () => {
    const member = await server.member();
    const { id } = must(await upload(member, `find me: ${secretPlace}`));
    const bytes = await readFile(placeOf(id));
    expect(bytes.includes("find me")).toBe(false);
    expect((await stat(placeOf(id))).mode & 0o777).toBe(0o600);
    for (const folder of [join(placeOf(id), ".."), join(server.dataDir, "uploads")]) {
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
    }
    expect((await readdir(join(placeOf(id), ".."))).filter((name) => name.includes("."))).toEqual(
      [],
    );
  });

  test("that was altered or lost in the store is not given out", async () => {
    const member = await server.member();
    const ids = await Promise.all(
      [1, 2].map(async () => must(await upload(member, "text")).id as string),
    );
    const [altered = "", moved = ""] = ids;
    const bytes = await readFile(placeOf(moved));
    await writeFile(placeOf(altered), bytes);
    const answer = await take(member, altered);
    expect([answer.status, await answer.text()]).toEqual([
      500,
      expect.stringContaining("internal"),
    ]);
    await rm(placeOf(moved));
    expect((await take(member, moved)).status).toBe(404);
    for (const id of ids) must(await member.mutate("uploads.delete", { id }));
    const left = async () => (await filesKnown()).filter((id) => ids.includes(id));
    await expect.poll(left).toEqual([]);
  });

  test("is its owner's alone", async () => {
    const { member, eventId } = await makeEventOwner();
    const { id } = must(await upload(member, "mine"));
    const other = await server.member();
    const unknown = "01890000-0000-7000-8000-000000000001";
    for (const client of [other, await server.admin()]) {
      expect((await client.query("uploads.get", { id })).status).toBe(404);
      expect((await client.mutate("uploads.delete", { id })).status).toBe(404);
      expect((await take(client, id)).status).toBe(404);
      expect((await take(client, unknown)).status).toBe(404);
      const beside = await upload(client, "x", { fields: { eventId } });
      expect(beside.error?.data.reason).toBe("not_found");
    }
    expect(must(await other.query("uploads.list")).items).toEqual([]);
    const stranger = await server.fetch(`/api/v1/uploads/${id}`);
    expect(stranger.status).toBe(401);
    expect((await server.fetch(`/api/v1/uploads/${id}`, { method: "HEAD" })).status).toBe(405);
    expect((await take(member, "..%2f..%2fkeyring.json")).status).toBe(400);
  });

  test("is not taken from an auditor, an API key or another page", async () => {
    const auditor = await server.user("auditor");
    expect((await upload(auditor, "x")).error?.data.reason).toBe("not_permitted");
    const { key } = await makeSender(server);
    const byKey = await server.fetch("/trpc/uploads.create", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": contentType.slice(14) },
      body: `${file()}${close}`,
    });
    expect(byKey.status).toBe(401);
    const member = await server.member();
    const headers = { cookie: member.cookie, origin: "https://evil.example" };
    const body = new FormData();
    body.append("file", new File(["x"], "a.txt"));
    const foreign = await server.fetch("/trpc/uploads.create", { method: "POST", headers, body });
    expect((await toAnswer(foreign)).error?.data.reason).toBe("origin_not_allowed");
    expect((await sendForm(server.anonymous(), `${file()}${close}`)).status).toBe(401);
    expect(must(await member.query("uploads.list")).items).toEqual([]);
  });
});

describe("an image", () => {
  test("is kept without its metadata, and the hash of what was sent stays known", async () => {
    const member = await server.member();
    for (const [name, sent] of [
      ["a.PNG", png({ more: [pngText()] })],
      ["b.jpeg", jpeg()],
    ] as const) {
      const kept = must(await upload(member, sent, { name }));
      const bytes = Buffer.from(await (await take(member, kept.id)).arrayBuffer());
      expect(bytes.includes(secretPlace)).toBe(false);
      expect([kept.sha256, kept.sentSha256]).toEqual([sha256(bytes), sha256(sent)]);
      expect(kept.sha256).not.toBe(kept.sentSha256);
    }
  });
});

describe("what is refused", () => {
  test("leaves no file, and an entry in the log", async () => {
    const member = await server.member();
    // So that what is measured is not the start of what looks at files.
    must(await upload(member, "sound"));
    const before = await filesOnDisk();
    const bomb = png({ width: 30_000, height: 30_000 });
    const packed = deflateRawSync(Buffer.alloc(1_000_000), { finishFlush: constants.Z_SYNC_FLUSH });
    const zipBomb = Buffer.concat([
      Buffer.from("PK\u0003\u0004\u0014\0\0\0\u0008\0"),
      Buffer.alloc(20),
      ...Array.from({ length: 80 }, () => packed),
    ]);
    collectGarbage();
    const memory = process.memoryUsage().rss;
    const [from, cpu] = [performance.now(), process.cpuUsage()];
    const answers = [
      await upload(member, bomb, { name: "a.png" }),
      await upload(member, zipBomb, { name: "a.txt" }),
      await upload(member, png({ end: Buffer.from("<html>") }), { name: "a.png" }),
      await upload(member, "<svg onload='alert(1)'/>", { name: "a.svg" }),
      await upload(member, png(), { name: "a.jpg" }),
    ];
    const { user, system } = process.cpuUsage(cpu);
    // Under a second of work each; beside others' work it may take longer.
    expect((user + system) / 1000 / answers.length).toBeLessThan(1000);
    expect((performance.now() - from) / answers.length).toBeLessThan(3000);
    expect(process.memoryUsage().rss - memory).toBeLessThan(100 * 2 ** 20);
    expect(answers.map(({ status, error }) => [status, error?.data.reason])).toEqual([
      [422, "file_refused"],
      [415, "file_type_not_allowed"],
      [422, "file_refused"],
      [415, "file_type_not_allowed"],
      [415, "file_type_not_allowed"],
    ]);
    expect(answers[0]?.error?.message).toContain("30000 x 30000");
    expect(await filesOnDisk()).toEqual(before);
    const admin = await server.admin();
    const search = { actions: ["upload.refused"], actorId: member.id };
    const { items } = must(await admin.query("audit.search", search));
    expect(items.map(({ details }: { details: object }) => details)).toContainEqual({
      reason: "file_refused",
      bytes: bomb.length,
    });
    expect(items).toHaveLength(5);
  });

  test("names that hide something, lead somewhere or are too long", async () => {
    const member = await server.member();
    const names = [
      `${"n".repeat(296)}.txt`,
      "a\u0007.txt",
      "a\u202etxt.exe",
      "../../etc/passwd",
      "C:\\a.txt",
      "..",
      " a.txt",
    ];
    for (const name of names) {
      const { status, error } = await sendForm(member, `${file("text", name)}${close}`);
      expect([name, status, error?.data.reason]).toEqual([name, 400, "invalid_input"]);
      expect(JSON.stringify(error).length).toBeLessThan(4096);
    }
    const empty = await sendForm(member, `${file("text", "")}${close}`);
    expect(empty.status).toBe(400);
    expect((await filesKnown()).length).toBe((await filesOnDisk()).length);
  });

  test.each<[string, string, string]>([
    ["a form cut off", `${file()}--${boundary}`, "upload_malformed"],
    ["a form without an end", file(), "upload_malformed"],
    ["more behind the form's end", `${file()}${close}more`, "upload_malformed"],
    ["two files", `${file()}${file()}${close}`, "upload_malformed"],
    [
      "a field twice",
      `${part('name="name"', "a")}${part('name="name"', "b")}${file()}${close}`,
      "upload_malformed",
    ],
    ["very many parts", `${part('name="name"', "a").repeat(200)}${close}`, "upload_malformed"],
    [
      "a long field",
      `${part('name="name"', "a".repeat(2000))}${file()}${close}`,
      "upload_malformed",
    ],
    ["an unknown field", `${part('name="path"', "/etc")}${file()}${close}`, "invalid_input"],
    [
      "a field that names a prototype",
      `${part('name="__proto__"', "x")}${file()}${close}`,
      "invalid_input",
    ],
    [
      "a file under another name",
      `${part('name="image"; filename="a.txt"', "x")}${close}`,
      "invalid_input",
    ],
    ["no file", `${part('name="name"', "a")}${close}`, "invalid_input"],
    ["an event that is none", `${part('name="eventId"', "x")}${file()}${close}`, "invalid_input"],
    ["nothing", "", "upload_malformed"],
    ["an empty file", `${file("")}${close}`, "file_refused"],
  ])("%s", async (_, body, reason) => {
    const member = await anybody();
    const before = await filesOnDisk();
    const { status, error } = await sendForm(member, body);
    expect([status, error?.data.reason]).toEqual([reason === "file_refused" ? 422 : 400, reason]);
    expect(await filesOnDisk()).toEqual(before);
  });

  test("a file that is too large, however its length is told", async () => {
    const member = await server.member();
    const large = `${file("a".repeat(100_001))}${close}`;
    expect((await sendForm(member, large)).error?.data.reason).toBe("body_too_large");
    const far = Buffer.alloc(300_000, "a");
    const told = await sendRaw(
      member,
      [contentType, "content-length: 300000"],
      far.subarray(0, 9),
      false,
    );
    expect(told).toMatch(/^HTTP\/1\.1 413 /);
    const chunk = Buffer.concat([Buffer.from("493e0\r\n"), far, Buffer.from("\r\n0\r\n\r\n")]);
    const untold = await sendRaw(member, [contentType, "transfer-encoding: chunked"], chunk, false);
    expect(untold).toMatch(/^HTTP\/1\.1 413 /);
    expect((await sendForm(member, `${file("a".repeat(100_000))}${close}`)).status).toBe(200);
  });

  test("a length that is not kept to, and a caller who goes away", async () => {
    const member = await server.member();
    const before = await filesOnDisk();
    const body = Buffer.from(`${file()}${close}`);
    const more = await sendRaw(member, [contentType, `content-length: ${body.length + 50}`], body);
    expect(more).toMatch(/^(?:HTTP\/1\.1 400 |$)/);
    const less = await sendRaw(member, [contentType, `content-length: ${body.length - 9}`], body);
    expect(less).toMatch(/^HTTP\/1\.1 400 /);
    expect(must(await member.query("uploads.list")).items).toEqual([]);
    expect(await filesOnDisk()).toEqual(before);
    // Nothing is held for who went away.
    expect((await upload(member, "x")).status).toBe(200);
  });

  test("anything but a form, in a batch, or packed", async () => {
    const member = await server.member();
    const json = await member.mutate("uploads.create", { file: { name: "a", bytes: [] } });
    expect(json.error?.data.reason).toBe("unsupported_content_type");
    const batch = await server.fetch("/trpc/uploads.create,agents.create?batch=1", {
      method: "POST",
      headers: { cookie: member.cookie, origin: server.url, "content-type": contentType.slice(14) },
      body: `${file()}${close}`,
    });
    expect(await batch.text()).toContain("method_not_supported");
    const other = await server.fetch("/trpc/agents.create", {
      method: "POST",
      headers: { cookie: member.cookie, origin: server.url, "content-type": contentType.slice(14) },
      body: `${file()}${close}`,
    });
    expect(other.status).toBe(415);
    const packed = await server.fetch("/trpc/uploads.create", {
      method: "POST",
      headers: {
        cookie: member.cookie,
        origin: server.url,
        "content-type": contentType.slice(14),
        "content-encoding": "gzip",
      },
      body: "x",
    });
    expect(packed.status).toBe(415);
  });

  test("what is more than the quota, also when two come at once", async () => {
    const member = await server.member();
    const large = "a".repeat(90_000);
    must(await upload(member, large));
    const both = await Promise.all([upload(member, large), upload(member, large)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await upload(member, large)).error?.data.reason).toBe("upload_quota_reached");
    expect(must(await member.query("uploads.quota")).usedBytes).toBe(180_000);
    expect((await filesKnown()).sort()).toEqual((await filesOnDisk()).sort());
  });

  test("the eleventh upload within an hour, whatever became of the ten", async () => {
    const member = await server.member();
    for (let at = 0; at < 10; at += 1) {
      const answer = await upload(member, at % 2 === 0 ? "x" : "<html>");
      expect(answer.status).toBe(at % 2 === 0 ? 200 : 415);
    }
    const from = performance.now();
    const eleventh = await upload(member, "x");
    expect([eleventh.status, eleventh.error?.data.reason]).toEqual([429, "rate_limited"]);
    expect(performance.now() - from).toBeLessThan(3000);
    expect(eleventh.headers.get("ratelimit-policy")).toBe('"upload";q=10;w=3600');
  });
});

describe("files end with what they belong to", () => {
  const sweep = async () => {
    clock.advance(600);
    await server.deps.database.raw`select delete_uploads_of_gone_events(${100}::int) as deleted`;
    await server.deps.files.sweep();
  };

  test("an event that is gone takes its own with it, and no others", async () => {
    const { member, userId, eventId } = await makeEventOwner();
    const beside = must(await upload(member, "beside", { fields: { eventId } }));
    const alone = must(await upload(member, "alone"));
    await sweep();
    expect(must(await member.query("uploads.list")).items).toHaveLength(2);
    await server.owner`delete from events where user_id = ${userId}`;
    await server.owner`delete from event_ids where user_id = ${userId}`;
    await sweep();
    expect(must(await member.query("uploads.list")).items).toEqual([alone]);
    const files = await filesOnDisk();
    expect([files.includes(beside.id), files.includes(alone.id)]).toEqual([false, true]);
    expect(await filesKnown()).not.toContain(beside.id);
  });

  test("a file whose call broke off is swept once it cannot be under way any more", async () => {
    const member = await server.member();
    const id = "01890000-0000-7000-8000-0000000000aa";
    await server.deps.files.put(member.id, id, Buffer.from("left behind"));
    await server.deps.files.sweep();
    expect(await filesOnDisk()).toContain(id);
    await sweep();
    expect(await filesOnDisk()).not.toContain(id);
    expect(await filesKnown()).not.toContain(id);
  });

  test("a change that is rolled back leaves no file", async () => {
    const member = await server.member();
    const before = await filesOnDisk();
    await server.owner`alter table uploads add constraint broken check (name <> 'broken.txt')`;
    const answer = await upload(member, "x", { name: "broken.txt" });
    await server.owner`alter table uploads drop constraint broken`;
    expect(answer.status).toBe(500);
    expect(await filesOnDisk()).toEqual(before);
    expect((await filesKnown()).sort()).toEqual(before.sort());
  });

  test("an erased person's can be read by nobody at once, and are gone before the certificate is done", async () => {
    const member = await server.member();
    const { id } = must(await upload(member, "personal"));
    const sealed = await readFile(placeOf(id));
    expect(sealed.length).toBeGreaterThan(8);
    const erased = must(await member.mutate("data.erase", { password }));
    expect(await server.deps.files.read(member.id, id)).toBeNull();
    const cleaned = async () =>
      server.owner`select 1 from erasures where id = ${erased.id} and cleaned_at is not null`;
    await expect.poll(cleaned, { interval: 100 }).toHaveLength(1);
    expect(await filesOnDisk()).not.toContain(id);
    expect(await filesKnown()).not.toContain(id);
  });

  test("are downloaded a few at a time by one user, who is told to come again", async () => {
    const member = await anybody();
    const { id } = must(await upload(member, "x"));
    const { downloadSlots } = server.deps;
    const leave = Array.from({ length: 4 }, () => downloadSlots.enter(member.id));
    const answer = await take(member, id);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"]);
    for (const one of leave) one();
    // Each answer gives its place back.
    for (let times = 0; times < 5; times += 1) expect((await take(member, id)).status).toBe(200);
  });

  test("of a person who is erased while it arrives is not kept, and that is no failure", async () => {
    const member = await server.member();
    const { files } = server.deps;
    const { put } = files;
    files.put = async (...file) => {
      await put(...file);
      must(await member.mutate("data.erase", { password }));
    };
    const answer = await upload(member, "x").finally(() => {
      files.put = put;
    });
    expect([answer.status, answer.error?.data.reason]).toEqual([404, "not_found"]);
    const rows = await server.owner`select 1 from uploads where user_id = ${member.id}`;
    expect(rows).toHaveLength(0);
  });
});

test("a copy of one's own data holds the files", async () => {
  const member = await server.member();
  const { id } = must(await upload(member, "a,b\n", { name: "t.csv" }));
  const { id: copy } = must(await member.mutate("data.requestExport"));
  const status = async () => must(await member.query("data.exports")).items[0].status;
  await expect.poll(status, { interval: 100 }).toBe("ready");
  const { path } = must(await member.mutate("data.linkExport", { id: copy }));
  const answer = await server.fetch(path, { headers: { cookie: member.cookie } });
  const files = unzipSync(new Uint8Array(await answer.arrayBuffer()));
  const text = (name: string) => Buffer.from(files[name] ?? []).toString();
  expect(text(`uploads/${id}.csv`)).toBe("a,b\n");
  expect(text("data/uploads.ndjson")).toContain('"name":"t.csv"');
  const manifest = JSON.parse(text("manifest.json"));
  expect(manifest.files[`uploads/${id}.csv`]).toEqual({ bytes: 4, sha256: sha256("a,b\n") });
});
