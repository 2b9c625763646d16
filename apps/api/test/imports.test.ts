import { createHash } from "node:crypto";
import { writeTrailer } from "@muniment/shared/exports.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AppError } from "../src/errors.ts";
import { defineImportJobs } from "../src/features/imports/jobs.ts";
import { createClock } from "./clock.ts";
import { makeEvent, makeSender, searchAll, send } from "./events-sender.ts";
import { must, password, startTestServer, type TestServer } from "./harness.ts";
import { ended, sendFile, sendPart } from "./importer.ts";

let server: TestServer;
let other: TestServer;
let sender: Awaited<ReturnType<typeof makeSender>>;
const clock = createClock();
beforeAll(async () => {
  const env = { RATE_LIMIT_USER_MAX: "100000", IMPORT_MAX_BYTES: "2000000" };
  server = await startTestServer({ env, now: clock.now });
  await server.admin();
  // Whatever one node does, both do at the same time.
  other = await startTestServer({ env, now: clock.now, besides: server });
});
afterAll(async () => {
  await other.stop();
  await server.stop();
});
beforeEach(async () => {
  sender = await makeSender(server);
});

const linesOf = (events: object[]) => events.map((event) => `${JSON.stringify(event)}\n`).join("");
const many = (count: number, fields: object = {}) =>
  Array.from({ length: count }, (_, n) =>
    makeEvent({ message: `line ${n}`, ...fields }, clock.now().getTime() - count + n),
  );
const bring = async (file: string | Buffer, input: object = {}) => {
  const { member, agentId } = sender;
  return ended(member, await sendFile(server, member, { agentId, ...input }, file));
};
const rejectsOf = async (id: string) =>
  must(await sender.member.query("imports.rejects", { id })).items;
const found = () => searchAll(sender.member, { limit: 100 });
const withTrailer = (format: "ndjson" | "csv", body: string, rows: number) =>
  body + writeTrailer(format, { rows, sha256: createHash("sha256").update(body).digest("hex") });
async function exported(format: "ndjson" | "csv", client = sender.member) {
  const { id } = must(await client.mutate("exports.create", { format }));
  const response = await server.fetch(`/api/v1/exports/${id}`, {
    headers: { cookie: client.cookie },
  });
  return response.text();
}
const bodyOf = (text: string) => text.slice(0, text.trimEnd().lastIndexOf("\n") + 1);
const parsed = (text: string) =>
  bodyOf(text)
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { agentId: _, receivedAt: __, ...event } = JSON.parse(line);
      return event;
    });

describe("an import of NDJSON", () => {
  test("stores every line once, whole or in parts of any size, and again brings nothing new", async () => {
    const events = many(250, { props: { a: [1, "x"] } });
    const file = linesOf(events);
    const { member, agentId } = sender;
    const first = await ended(member, await sendFile(server, member, { agentId }, file, 7777));
    expect(first).toMatchObject({ status: "done", sent: 250, accepted: 250, whole: false });
    expect(first.sha256).toBe(createHash("sha256").update(file).digest("hex"));
    expect(first.doneBytes).toBe(first.sizeBytes);
    expect((await found()).map(({ id }) => id)).toEqual(events.map(({ id }) => id).reverse());
    expect(await bring(file.trimEnd())).toMatchObject({ accepted: 0, duplicates: 250 });
    expect(await server.owner`select 1 from event_import_pieces`).toEqual([]);
  });

  test("gives lines without an id the same one again, also when the file has grown", async () => {
    const at = new Date(clock.now()).toISOString();
    const line = JSON.stringify({ type: "a.b", occurredAt: at });
    const lines = `${line}\r\n${line}\n\n \t\r\n${JSON.stringify({ type: "no.time" })}\n`;
    expect(await bring(lines)).toMatchObject({ sent: 3, accepted: 3 });
    const grown = `${lines}{"type":"one.more"}`;
    expect(await bring(grown)).toMatchObject({ sent: 4, accepted: 1, duplicates: 3 });
    expect(await bring(`{"type":"another.file"}\n${lines}`)).toMatchObject({ accepted: 4 });
    const ids = (await found()).map(({ id }) => id);
    expect(new Set(ids).size).toBe(8);
  });

  test("refuses each bad line alone, and tells which and why", async () => {
    const good = linesOf(many(1));
    const bad = [
      "{",
      "[]",
      '{"type":"a","type":"b"}',
      '{"type":"a","props":{"n":9007199254740993}}',
      '{"type":"A B"}',
      '{"type":"a","more":1}',
      `{"type":"a","message":"${"x".repeat(5000)}"}`,
      `{"type":"a","props":${"[".repeat(70_000)}${"]".repeat(70_000)}}`,
      `{"type":"a","message":"${"x".repeat(300_000)}"}`,
      '{"type":"a","message":"\\u0000"}',
    ];
    const file = Buffer.concat([
      Buffer.from(`${good}${bad.join("\n")}\n`),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(linesOf(many(1))),
    ]);
    const state = await bring(file);
    expect(state).toMatchObject({ status: "done", sent: 13, accepted: 2, rejected: 11 });
    const rejects = await rejectsOf(state.id);
    expect(
      rejects.map(({ line, reason }: { line: number; reason: string }) => `${line} ${reason}`),
    ).toMatchInlineSnapshot(`
        [
          "2 invalid_json",
          "3 invalid_event",
          "4 duplicate_key",
          "5 invalid_number",
          "6 invalid_type",
          "7 unknown_field",
          "8 too_large",
          "9 too_deep",
          "10 too_large",
          "11 invalid_text",
          "12 invalid_utf8",
        ]
      `);
    const page = must(await sender.member.query("imports.rejects", { id: state.id, limit: 4 }));
    const { nextCursor: cursor } = page;
    const next = must(await sender.member.query("imports.rejects", { id: state.id, cursor }));
    expect([...page.items, ...next.items]).toEqual(rejects);
    const csv = await server.fetch(`/api/v1/imports/${state.id}/rejects`, {
      headers: { cookie: sender.member.cookie },
    });
    const lines = (await csv.text()).trimEnd().split("\n");
    expect([lines.length, lines[0]]).toEqual([12, "line,reason,message"]);
    expect(lines[1]).toMatch(/^2,invalid_json,"The line is not JSON/);
    const deliveries = must(await sender.member.query("agents.deliveries", { id: sender.agentId }));
    expect(deliveries.total).toMatchObject({ sent: 13, accepted: 2, rejected: 11 });
  });
});

describe("an import of any file", () => {
  test("goes on after lines whose refusal quotes what the database cannot hold", async () => {
    const file = '\0\0\0 hello\n{"type":"a","x\\u0000":1}\n{"type":"a"}\n';
    const state = await bring(file);
    expect(state).toMatchObject({ status: "done", accepted: 1, rejected: 2 });
    const rejects = await rejectsOf(state.id);
    expect(rejects.map(({ line }: { line: number }) => line)).toEqual([1, 2]);
    expect(rejects[0].message).toContain("\ufffd");
    const csv = await bring("type,a\0,a\0\nx,y,z\n", { format: "csv" });
    expect(csv).toMatchObject({ status: "failed", sent: 0 });
    expect(csv.error).toBe("There are two columns for a\ufffd.");
  });

  test("stores about a mebibyte of it at a time", async () => {
    const message = "\\u0061".repeat(4000);
    const file = `{"type":"a","message":"${message}"}\n`.repeat(80);
    expect(await bring(file)).toMatchObject({ status: "done", accepted: 80 });
    const batches = await server.owner`select from receipts where user_id = ${sender.member.id}`;
    expect(batches.length).toBe(2);
  });
});

describe("an export brought in again", () => {
  const nasty: Record<string, unknown>[] = [
    { message: "=1+1", subject: "+x", traceId: "'@cmd" },
    { message: "\t=1", subject: "\r=1", traceId: "'quoted" },
    { message: 'He said "no", twice\nand left\r\n', props: { a: 'x"y,z\n' } },
    { message: "Zo\u00eb \u{1f600} \u2028 \u0001 \\u0000 \\", subject: "" },
    { props: { n: 0.1, e: 1e3, big: 9007199254740992, deep: { list: [null, true] } } },
    { props: {}, seq: 9007199254740991, level: "critical" },
    { props: { "": "empty", "a.b": 1, constructor: "c" }, seq: 0 },
  ];

  test.each(["ndjson", "csv"] as const)(
    "as %s is what was exported, in another account",
    async (format) => {
      const at = clock.now().getTime() - 10_000;
      await send(
        server,
        sender.key,
        nasty.map((fields, n) => makeEvent(fields, at + n)),
      );
      const file = await exported(format);
      const before = await exported("ndjson");
      sender = await makeSender(server);
      const state = await bring(file, { format });
      expect(state).toMatchObject({ status: "done", accepted: nasty.length, whole: true });
      expect(parsed(await exported("ndjson"))).toEqual(parsed(before));
    },
  );

  test.each(["ndjson", "csv"] as const)(
    "as %s into its own account is known whole, however its events were sent; what was altered is not",
    async (format) => {
      const at = clock.now().getTime() - 60_000;
      const made = nasty.map((fields, n) => makeEvent(fields, at + n));
      const whole = Math.floor(at / 1000) * 1000;
      const [{ occurredAt: _, ...untimed }, second, zoned] = [
        makeEvent({ message: "now" }, at),
        makeEvent({ occurredAt: new Date(whole).toISOString().replace(".000", "") }, whole),
        makeEvent({ occurredAt: new Date(at).toISOString().replace("Z", "+00:00") }, at),
      ];
      const others = [untimed, second, zoned, makeEvent({ level: "info", message: "" }, at)];
      const sent = [...made, ...others];
      const answer = await send(server, sender.key, sent);
      expect(answer.body).toMatchObject({ accepted: sent.length, rejected: [] });
      // What arrived without a time occurred on arrival, and an export ends before it is asked for.
      clock.advance(1);
      const file = await exported(format);
      const before = await found();
      const known = {
        status: "done",
        accepted: 0,
        duplicates: sent.length,
        rejected: 0,
        whole: true,
      };
      expect(await bring(file, { format })).toMatchObject(known);
      const altered = withTrailer(format, bodyOf(file).replace("now", "then"), sent.length);
      const state = await bring(altered, { format });
      expect(state).toMatchObject({ accepted: 0, duplicates: sent.length - 1, rejected: 1 });
      expect((await rejectsOf(state.id))[0]).toMatchObject({ reason: "id_conflict" });
      expect(await found()).toEqual(before);
    },
  );

  test.each(["ndjson", "csv"] as const)(
    "as %s is refused when it was cut off or altered",
    async (format) => {
      const at = clock.now().getTime();
      await send(server, sender.key, [makeEvent({ message: "one" }, at), makeEvent({}, at)]);
      const file = await exported(format);
      const body = bodyOf(file);
      sender = await makeSender(server);
      const cut = await bring(body, { format });
      expect(cut).toMatchObject({ status: "failed", sent: 0 });
      expect(cut.error).toContain("cut off");
      const altered = await bring(file.replace("one", "two"), { format });
      expect(altered).toMatchObject({ status: "failed", sent: 0 });
      expect(altered.error).toContain("altered");
      expect(await found()).toEqual([]);
      const taken = await bring(body, { format, allowIncomplete: true });
      expect(taken).toMatchObject({ status: "done", accepted: 2, whole: false });
    },
  );

  test("is failed when its last line speaks of other than there is", async () => {
    const state = await bring(withTrailer("ndjson", linesOf(many(3)), 4));
    expect(state).toMatchObject({ status: "failed", accepted: 3 });
    expect(state.error).toBe("The last line speaks of 4 events, and there are 3.");
  });
});

describe("an import of any CSV", () => {
  test("takes fields by the names of columns, and all others as properties", async () => {
    const file = [
      "When;Kind;message;user;Level",
      '2026-01-02T03:04:05Z;ssh.login;"a;b ""c"" \n d";ann;warn',
      '2026-01-02T03:04:06Z;ssh.login;"";=1;',
      "2026-01-02 03:04:06;ssh.login;x;ann;",
      "2026-01-02T03:04:06Z;ssh.login",
      '2026-01-02T03:04:06Z;ssh"login;;;',
    ].join("\r\n");
    const columns = { occurredAt: "When", type: "Kind" };
    const state = await bring(`\ufeff${file}`, { format: "csv", columns });
    expect(state).toMatchObject({ status: "done", sent: 5, accepted: 2, rejected: 3 });
    expect(await found()).toMatchObject([
      { level: "info", message: null, props: { user: "=1" } },
      { level: "warn", type: "ssh.login", message: 'a;b "c" \n d', props: { user: "ann" } },
    ]);
    expect(await rejectsOf(state.id)).toMatchObject([
      { line: 5, reason: "invalid_time" },
      { line: 6, reason: "invalid_csv" },
      { line: 7, reason: "invalid_csv" },
    ]);
  });

  test("is refused whole for its first row", async () => {
    const state = await bring("message\nx\n", { format: "csv" });
    expect(state).toMatchObject({ status: "failed", sent: 0 });
    expect(state.error).toContain("No column holds the type");
  });

  test("gives all events one type where no column does, and bears a quote that is never closed", async () => {
    const file = `message\n"never closed\n${`${"x".repeat(999)}\n`.repeat(300)}`;
    const state = await bring(file, { format: "csv", type: "from.file" });
    expect(state).toMatchObject({ status: "done", sent: 301, accepted: 300, rejected: 1 });
    expect(await rejectsOf(state.id)).toMatchObject([{ line: 2, reason: "invalid_csv" }]);
  });
});

describe("an import is refused", () => {
  const create = (input: object) =>
    sender.member.mutate("imports.create", {
      agentId: sender.agentId,
      format: "ndjson",
      name: "f",
      sizeBytes: 10,
      ...input,
    });
  const reasonOf = async (response: Response) => {
    const { error } = (await response.json()) as { error?: { reason: string } };
    return [response.status, error?.reason];
  };

  test("for an agent of another, without a fresh password, and to whoever may not write", async () => {
    const { agentId } = await makeSender(server);
    expect((await create({ agentId })).status).toBe(404);
    const auditor = await server.user("auditor");
    expect((await auditor.query("imports.list")).status).toBe(403);
    clock.advance(301);
    expect((await create({})).error?.data.reason).toBe("reauthentication_required");
    must(await sender.member.mutate("auth.reauthenticate", { password }));
    expect((await create({})).status).toBe(200);
  });

  test("under a name that hides something, leads somewhere or is too long", async () => {
    for (const name of ["n".repeat(256), "a\u0007", "a\u202etxt.exe", "../a", "C:\\a", ".."]) {
      const { status, error } = await create({ name });
      expect([name, status, error?.data.reason]).toEqual([name, 400, "invalid_input"]);
    }
  });

  test("over its size, and beside two others", async () => {
    expect((await create({ sizeBytes: 2_000_001 })).error?.data.reason).toBe("body_too_large");
    expect((await create({})).status).toBe(200);
    const { id } = must(await create({}));
    expect((await create({})).error?.data.reason).toBe("too_many");
    must(await sender.member.mutate("imports.cancel", { id }));
    expect((await create({})).status).toBe(200);
  });

  test("beside two others that begin at the same time", async () => {
    const begun = await Promise.all(Array.from({ length: 6 }, () => create({})));
    expect(begun.filter(({ status }) => status === 200).length).toBe(2);
  });

  test("in parts that do not fit, from another site, or of another; not in one sent twice", async () => {
    const { member } = sender;
    const { id } = must(await create({}));
    const part = Buffer.from('{"type"');
    const put = (offset: number | string, bytes: Uint8Array = part, headers = {}) =>
      sendPart(server, member, id, offset, bytes, headers);
    expect(await reasonOf(await put(1))).toEqual([400, "invalid_range"]);
    expect(await reasonOf(await put("x"))).toEqual([400, "invalid_input"]);
    expect(await reasonOf(await put(0, Buffer.alloc(0)))).toEqual([400, "invalid_range"]);
    expect(await reasonOf(await put(0, Buffer.alloc(11)))).toEqual([400, "invalid_range"]);
    const type = { "content-type": "text/plain" };
    expect(await reasonOf(await put(0, part, type))).toEqual([415, "unsupported_content_type"]);
    const origin = { origin: "https://elsewhere.example" };
    expect(await reasonOf(await put(0, part, origin))).toEqual([403, "origin_not_allowed"]);
    const stranger = await server.member();
    expect((await sendPart(server, stranger, id, 0, part)).status).toBe(404);
    expect((await stranger.mutate("imports.cancel", { id })).status).toBe(404);
    expect((await stranger.query("imports.rejects", { id })).status).toBe(404);
    const report = `/api/v1/imports/${id}/rejects`;
    expect((await server.fetch(report, { headers: { cookie: stranger.cookie } })).status).toBe(404);
    expect((await put(0)).status).toBe(200);
    expect(await (await put(0)).json()).toMatchObject({ receivedBytes: 7, status: "receiving" });
    const [piece] =
      await server.owner`select sealed from event_import_pieces where import_id = ${id}`;
    expect(Buffer.from(piece?.sealed).includes("type")).toBe(false);
  });
});

describe("an import under way", () => {
  /** No note of a progress can be written meanwhile. */
  async function whileBroken(act: () => Promise<void>) {
    const { owner } = server;
    await owner`create or replace function broken() returns trigger language plpgsql as 'begin raise exception ''broken''; end'`;
    await owner`create trigger broken before update of done_bytes on event_imports for each row
      when (new.done_bytes > old.done_bytes) execute function broken()`;
    await act().finally(() => owner`drop trigger broken on event_imports`);
  }
  /** Jobs that failed are due again, whatever they wait for. */
  async function endedSoon(id: string) {
    const [row] = await server.owner`select status from event_imports where id = ${id}`;
    if (row?.status !== "running") return row?.status;
    clock.advance(10);
    return undefined;
  }
  const storedOf = (userId: string) => async () =>
    Number((await server.owner`select count(*) from events where user_id = ${userId}`)[0]?.count);
  const soon = { interval: 200 };

  test("is counted once when its server fails in the middle, by whichever node goes on", async () => {
    const { member, agentId } = sender;
    const stored = storedOf(member.id);
    let id = "";
    await whileBroken(async () => {
      id = await sendFile(server, member, { agentId }, linesOf(many(1237)));
      await expect.poll(stored, soon).toBe(1237);
    });
    await expect.poll(() => endedSoon(id), soon).toBe("done");
    expect(await ended(member, id)).toMatchObject({ accepted: 1237, duplicates: 0, rejected: 0 });
    expect(await stored()).toBe(1237);
  });

  test("is failed at once when its job was tried for the last time", async () => {
    const { member, agentId } = sender;
    let id = "";
    await whileBroken(async () => {
      id = await sendFile(server, member, { agentId }, linesOf(many(7)));
      const afterLastAttempt = async () => {
        await server.owner`update jobs set attempts = 7
          where queue = 'import-events' and failed_at is null and locked_until is null`;
        return endedSoon(id);
      };
      await expect.poll(afterLastAttempt, soon).toBe("failed");
    });
    const [row] = await server.owner`select error from event_imports where id = ${id}`;
    expect(row?.error).toBe("The server could not finish it.");
    const pieces = await server.owner`select from event_import_pieces where import_id = ${id}`;
    expect(pieces.length).toBe(0);
  });

  type ImportJobs = Parameters<typeof defineImportJobs>[0];

  /** The work of imports, for a test to do in place of the nodes. */
  function workOf({
    stopped,
    intake,
    enqueue = server.deps.jobs.enqueue,
  }: Pick<ImportJobs, "stopped" | "intake"> & Partial<Pick<ImportJobs["jobs"], "enqueue">>) {
    const works: ((payload: unknown) => Promise<void>)[] = [];
    const define: ImportJobs["jobs"]["define"] = (_, handler) =>
      void works.push((payload) => handler(payload, async () => {}));
    const jobs = { ...server.deps.jobs, define, every: () => {}, enqueue };
    defineImportJobs({ ...server.deps, stopped, intake, jobs });
    return async (payload: { userId: string; importId: string }) => {
      for (const work of works) await work(payload);
    };
  }

  test.each(["overloaded", "disk_full"] as const)(
    "waits while the server is %s, and loses no attempt over it",
    async (refusal) => {
      const { member, agentId } = sender;
      const file = linesOf(many(2500));
      const sizeBytes = file.length + 1;
      const input = { agentId, format: "ndjson", name: "much", sizeBytes };
      const { id } = must(await member.mutate("imports.create", input));
      expect((await sendPart(server, member, id, 0, Buffer.from(file))).status).toBe(200);
      // Without a job, so that no node but this test goes on with it.
      await server.owner`update event_imports set status = 'queued', size_bytes = ${file.length} where id = ${id}`;
      const jobs: { queue: string; delaySeconds: number | undefined }[] = [];
      let room = 0;
      const work = workOf({
        stopped: () => true,
        async intake(_, events) {
          if (room <= 0) throw new AppError(refusal, "No more for now.");
          room -= events.length;
          return { accepted: events.length, duplicates: 0, rejected: [] };
        },
        enqueue: async (_, queue, __, options) =>
          void jobs.push({ queue, delaySeconds: options?.delaySeconds }),
      });
      const go = () => work({ userId: member.id, importId: id });
      const state = async () => must(await member.query("imports.get", { id }));
      for (const accepted of [0, 1500]) {
        room = accepted;
        await go();
        expect(await state()).toMatchObject({ status: "running", accepted });
      }
      const later = { queue: "import-events", delaySeconds: 15 };
      expect(jobs).toEqual([later, later]);
      room = Number.POSITIVE_INFINITY;
      for (let turn = 0; turn < 10 && (await state()).status === "running"; turn += 1) await go();
      expect(await state()).toMatchObject({ status: "done", sent: 2500, accepted: 2500 });
    },
  );

  test("is no failed job when it is cancelled while it runs", async () => {
    const { member, agentId } = sender;
    const file = linesOf(many(600, { message: "m".repeat(2900) }));
    const input = { agentId, format: "ndjson", name: "much", sizeBytes: file.length + 1 };
    const { id } = must(await member.mutate("imports.create", input));
    expect((await sendPart(server, member, id, 0, Buffer.from(file))).status).toBe(200);
    await server.owner`update event_imports set status = 'queued', size_bytes = ${file.length} where id = ${id}`;
    let cancelling: Promise<unknown> | undefined;
    const work = workOf({
      stopped: () => false,
      async intake(_, events) {
        cancelling ??= member.mutate("imports.cancel", { id }).then(must);
        await cancelling;
        return { accepted: events.length, duplicates: 0, rejected: [] };
      },
    });
    await work({ userId: member.id, importId: id });
    expect(cancelling).toBeDefined();
    expect(must(await member.query("imports.get", { id })).status).toBe("cancelled");
  });

  test("ends when its user may write no more", async () => {
    const { member, agentId } = sender;
    let id = "";
    await whileBroken(async () => {
      id = await sendFile(server, member, { agentId }, linesOf(many(7)));
      await expect.poll(storedOf(member.id), soon).toBe(7);
      await server.owner`update users set disabled_at = now() where id = ${member.id}`;
    });
    await expect.poll(() => endedSoon(id), soon).toBe("failed");
    const [row] = await server.owner`select error from event_imports where id = ${id}`;
    expect(row?.error).toBe("Your account may not import any more.");
  });

  test("ends when it is cancelled, or when its rest does not come", async () => {
    const { member, agentId } = sender;
    const begin = async (client = member, agent = agentId) =>
      must(
        await client.mutate("imports.create", {
          agentId: agent,
          format: "ndjson",
          name: "f",
          sizeBytes: 100,
        }),
      ).id;
    const id = await begin();
    must(await member.mutate("imports.cancel", { id }));
    const part = Buffer.from("x");
    expect((await sendPart(server, member, id, 0, part)).status).toBe(404);
    expect((await member.mutate("imports.cancel", { id })).status).toBe(404);
    const late = await begin();
    expect((await sendPart(server, member, late, 0, part)).status).toBe(200);
    clock.advance(901);
    const lateStatus = async () => {
      const [row] = await server.owner`select status from event_imports where id = ${late}`;
      // The job may have looked just before the clock moved, and looks again in five minutes.
      if (row?.status === "receiving") clock.advance(10);
      return row?.status;
    };
    await expect.poll(lateStatus, soon).toBe("failed");
    expect(await server.owner`select 1 from event_import_pieces where import_id = ${late}`).toEqual(
      [],
    );
    const admin = await server.admin();
    const { items } = must(await admin.query("audit.search", { targetId: id }));
    expect(items.map(({ action }: { action: string }) => action)).toEqual([
      "events.import_cancelled",
      "events.imported",
    ]);
  });

  test("goes with its user, and with its agent", async () => {
    const { member, agentId } = sender;
    const id = await sendFile(server, member, { agentId }, "x\n");
    await ended(member, id);
    must(await member.mutate("agents.delete", { id: agentId }));
    expect((await member.query("imports.get", { id })).status).toBe(404);
    const gone = await makeSender(server);
    await ended(gone.member, await sendFile(server, gone.member, { agentId: gone.agentId }, "x\n"));
    const admin = await server.user("admin");
    must(await admin.mutate("users.delete", { id: gone.userId }));
    for (const table of ["event_imports", "event_import_rejects", "event_import_pieces"]) {
      const rows = await server.owner`
        select 1 from ${server.owner(table)} where user_id = ${gone.userId}`;
      expect([table, rows.length]).toEqual([table, 0]);
    }
  });

  test("waits through an hour in which no server runs", async () => {
    const { member, agentId } = sender;
    const [row] = await server.owner`
      insert into event_imports (id, user_id, agent_id, name, format, columns, allow_incomplete,
        status, created_at, updated_at)
      values (gen_random_uuid(), ${member.id}, ${agentId}, 'f', 'ndjson', '{}', false,
        'queued', ${clock.now()}, ${clock.now()}) returning id`;
    const statusAfter = async (seconds: number) => {
      const runs = async () =>
        (await server.owner`select run_at from jobs where key = 'give-up-imports'`)[0]?.run_at;
      clock.advance(seconds);
      const at = clock.now();
      // It has run when its next time lies after this one.
      await expect.poll(async () => (await runs()) > at, soon).toBe(true);
      const [now] = await server.owner`select status from event_imports where id = ${row?.id}`;
      return now?.status;
    };
    expect(await statusAfter(7200)).toBe("queued");
    expect(await statusAfter(86_400)).toBe("failed");
  });
});
