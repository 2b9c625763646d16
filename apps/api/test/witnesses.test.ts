import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatCheckpoint, parseCheckpoint } from "@muniment/verify/checkpoint.ts";
import { openCosignatures, parseWitnessKey } from "@muniment/verify/cosignature.ts";
import { formatVerifierKey, parseNote, splitNotes } from "@muniment/verify/signed-note.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "../../cli/test/call.ts";
import type { SignedCheckpoint } from "../src/audit/checkpoints.ts";
import { createCosigner, createNoteSigner } from "../src/audit/note-signer.ts";
import { consistencyProof } from "../src/audit/tree.ts";
import { signatureOf } from "../src/webhooks/signature.ts";
import { Contradicted, type Witness } from "../src/witnesses/send-checkpoint.ts";
import { sendToWitness } from "../src/witnesses/send-to-witness.ts";
import { formatSubmission, parseSubmission } from "../src/witnesses/submission.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { growLog, newestOf } from "./log-growth.ts";
import { parseMail } from "./outbox.ts";
import { migrationsFolder } from "./postgres.ts";
import { startReceiver } from "./receiver.ts";
import { type SmtpInbox, startSmtpInbox } from "./smtp-inbox.ts";

let directory: string;
let file: string;
let log: TestServer;
let witness: TestServer;
let admin: UserClient;
let operator: UserClient;
let inbox: SmtpInbox;
let takesMail = false;
let receiver: Awaited<ReturnType<typeof startReceiver>>;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "muniment-witness-"));
  file = join(directory, "checkpoints");
  const env = { EGRESS_ALLOW: "127.0.0.1/32" };
  inbox = await startSmtpInbox({
    onRcptTo: (_address, _session, done) =>
      done(takesMail ? null : Object.assign(new Error("later"), { responseCode: 451 })),
  });
  const SMTP_URL = `smtp://127.0.0.1:${inbox.port}`;
  log = await startTestServer({ env: { ...env, AUDIT_CHECKPOINT_FILE: file, SMTP_URL } });
  witness = await startTestServer({ env });
  admin = await log.user("admin");
  operator = await witness.user("admin");
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver.stop();
  await log.stop();
  await witness.stop();
  await inbox.close();
  await rm(directory, { recursive: true, force: true });
});

const soon = { interval: 50 };

const newest = () => newestOf(log);
const grow = () => growLog(log, admin);

const linesOf = async (path: string) =>
  (await (await fetch(path)).text()).split("\n").filter((line) => line !== "");
const submit = (body: string) =>
  fetch(`${witness.url}/witness/add-checkpoint`, { method: "POST", body });
const proved = async (oldSize: number, note: string, size: number) =>
  formatSubmission({
    oldSize,
    proof: await consistencyProof(log.deps.database.audit, oldSize, size),
    note,
  });
const forge = (origin: string, size: number) =>
  createNoteSigner(log.deps.secrets.auditSigning, origin).sign(
    formatCheckpoint({ origin, size, root: randomBytes(32) }),
  );
const copyOf = async (origin: string) => {
  const hash = createHash("sha256").update(origin).digest("hex");
  return fetch(`${witness.url}/witness/${hash}/checkpoint`);
};

describe("as a witness (c2sp.org/tlog-witness)", () => {
  test("it judges what a log submits, in the order and with the answers of the specification", async () => {
    const { origin, note, size } = await grow();
    const first = await proved(0, note, size);
    expect((await submit(first)).status).toBe(404);
    expect((await copyOf(origin)).status).toBe(404);
    const keys = await linesOf(`${log.url}/audit/keys`);
    must(await operator.mutate("witnesses.addLog", { keys }));

    for (const wrong of ["", "old\n\n", `old 00\n\n${note}`, `old 0\nx\n\n${note}`, "old 0\n\nx"])
      expect([wrong, (await submit(wrong)).status]).toEqual([wrong, 400]);
    const other = createNoteSigner([randomBytes(32)], origin).sign(parseNote(note).text);
    expect((await submit(formatSubmission({ oldSize: 0, proof: [], note: other }))).status).toBe(
      403,
    );
    const spoilt = note.replace(`\n${size}\n`, `\n${size + 1}\n`);
    expect((await submit(formatSubmission({ oldSize: 0, proof: [], note: spoilt }))).status).toBe(
      403,
    );
    const above = formatSubmission({ oldSize: size + 1, proof: [], note });
    expect((await submit(above)).status).toBe(400);
    const needless = formatSubmission({ oldSize: 0, proof: [randomBytes(32)], note });
    expect((await submit(needless)).status).toBe(422);
    const emptyWithRoot = formatSubmission({ oldSize: 0, proof: [], note: forge(origin, 0) });
    expect((await submit(emptyWithRoot)).status).toBe(422);

    const cosigned = await submit(first);
    expect(cosigned.status).toBe(200);
    const [key = ""] = await linesOf(`${witness.url}/witness/keys`);
    const made = await openCosignatures(note + (await cosigned.text()), [parseWitnessKey(key)]);
    expect(made).toHaveLength(1);
    expect(Math.abs((made[0]?.at.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
    const copy = await (await copyOf(origin)).text();
    expect(copy.startsWith(note)).toBe(true);
    expect(await openCosignatures(copy, [parseWitnessKey(key)])).toHaveLength(1);

    const again = await submit(first);
    expect([again.status, again.headers.get("content-type"), await again.text()]).toEqual([
      409,
      "text/x.tlog.size",
      `${size}\n`,
    ]);
    expect((await submit(await proved(size, note, size))).status).toBe(200);
  });

  test("it keeps one signature of a key, however often a stranger repeats its line", async () => {
    const { origin } = await newest();
    const { size: from } = parseCheckpoint(parseNote(await (await copyOf(origin)).text()).text);
    const { note, size } = await grow();
    const line = note.slice(note.indexOf("\n\n") + 2);
    const repeated = note + line.repeat(99);
    expect((await submit(await proved(from, repeated, size))).status).toBe(200);
    expect(parseNote(await (await copyOf(origin)).text()).signatures).toHaveLength(2);
    expect((await submit(await proved(size, note, size))).status).toBe(200);
  });

  test("it refuses a fork, says so to its administrators, and keeps what it cosigned", async () => {
    const { origin, size } = parseCheckpoint(
      parseNote(await (await copyOf((await newest()).origin)).text()).text,
    );
    const before = await (await copyOf(origin)).text();
    const fork = formatSubmission({ oldSize: size, proof: [], note: forge(origin, size) });
    const refused = await submit(fork);
    expect([refused.status, await refused.text()]).toEqual([409, `${size}\n`]);
    const grown = await grow();
    const proof = await consistencyProof(log.deps.database.audit, size, grown.size);
    const later = { oldSize: size, proof, note: forge(origin, grown.size) };
    expect((await submit(formatSubmission(later))).status).toBe(422);
    expect(await (await copyOf(origin)).text()).toBe(before);
    const { items } = must(
      await operator.query("alerts.list", { kinds: ["witnessed_log_forked"] }),
    );
    expect(items).toMatchObject([{ severity: "high", count: 1, details: { log: origin, size } }]);
  });

  test("of two submissions at once only one is cosigned", async () => {
    const { origin } = await newest();
    const { size: from } = parseCheckpoint(parseNote(await (await copyOf(origin)).text()).text);
    const [one, other] = [await grow(), await grow()];
    const both = await Promise.all([
      submit(await proved(from, one.note, one.size)),
      submit(await proved(from, other.note, other.size)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  });

  test("it forgets a log that it is told to forget", async () => {
    const { origin, note, size } = await newest();
    const { items } = must(await operator.query("witnesses.logs"));
    expect(items).toMatchObject([{ origin }]);
    must(await operator.mutate("witnesses.removeLog", { id: items[0].id }));
    expect((await submit(await proved(0, note, size))).status).toBe(404);
    const gone = await operator.mutate("witnesses.removeLog", { id: items[0].id });
    expect(gone.status).toBe(404);
  });
});

describe("checkpoints go to", () => {
  const stateOf = async (kind: string) => {
    const { items } = must(await admin.query("witnesses.list"));
    return items.find((item: { kind: string }) => item.kind === kind);
  };
  const arrived = async (kind: string, size: number) =>
    expect
      .poll(async () => (await stateOf(kind))?.confirmedSize ?? 0, soon)
      .toBeGreaterThanOrEqual(size);

  test("a file on another path, which only grows", async () => {
    const { size } = await grow();
    await arrived("file", size);
    const notes = splitNotes(await readFile(file, "utf8"));
    const sizes = notes.map((note) => parseCheckpoint(parseNote(note).text).size);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(sizes.at(-1)).toBeGreaterThanOrEqual(size);
    expect(must(await admin.query("witnesses.assurance"))).toMatchObject({
      level: "evident",
      witnessedTo: 0,
      contradictions: 0,
    });
  });

  test("a file, but not to one that was cut or knows another log", async () => {
    const before = await readFile(file, "utf8");
    await truncate(file, 0);
    await grow();
    await expect
      .poll(async () => (await stateOf("file")).problem, soon)
      .toBe("The file was emptied.");
    expect(await readFile(file, "utf8")).toBe("");
    const { items } = must(await admin.query("alerts.list", { kinds: ["audit_log_contradicted"] }));
    expect(items).toHaveLength(1);
    expect(must(await admin.query("witnesses.assurance"))).toMatchObject({
      level: "detecting",
      evidentTo: 0,
      contradictions: 1,
    });
    const { origin, size } = await newest();
    const soonAgain = () =>
      log.owner`update witnesses set next_attempt_at = now() where kind = 'file'`;
    await writeFile(file, before + forge(origin, size));
    await soonAgain();
    const other = `The first ${size} entries are not those that the file knows.`;
    await expect.poll(async () => (await stateOf("file")).problem, soon).toBe(other);
    await writeFile(file, before);
    await soonAgain();
    await expect.poll(async () => (await stateOf("file")).problem, soon).toBeNull();
    expect((await stateOf("file")).contradicts).toBe(false);
  });

  test("a webhook that is signed", async () => {
    const hook = { kind: "webhook", target: receiver.url, everySeconds: 1 };
    receiver.answer.status = 500;
    const added = must(await admin.mutate("witnesses.add", hook));
    expect(added.secret).toMatch(/^whsec_/);
    const again = await admin.mutate("witnesses.add", hook);
    expect([again.status, again.error?.data.reason]).toEqual([409, "already_exists"]);
    await expect
      .poll(async () => (await stateOf("webhook")).problem, soon)
      .toBe("The answer was 500.");
    receiver.answer.status = 200;
    const { size } = await grow();
    await log.owner`update witnesses set next_attempt_at = now() where kind = 'webhook'`;
    await arrived("webhook", size);
    const last = receiver.received.at(-1);
    const signature = last?.headers["muniment-signature"] ?? "";
    const at = new Date(Number(/^t=(\d+)/.exec(signature)?.[1]) * 1000);
    expect(signature).toBe(signatureOf([added.secret], last?.body ?? "", at));
    const { type, data } = JSON.parse(last?.body ?? "{}");
    expect([type, parseCheckpoint(parseNote(data.note).text).size]).toEqual([
      "audit.checkpoint",
      data.size,
    ]);
  });

  test("a mailbox, which has one once the mail server took it", async () => {
    const place = { kind: "email", target: "keeper@example.org" };
    const without = await operator.mutate("witnesses.add", place);
    expect([without.status, without.error?.data.reason]).toEqual([409, "mail_unavailable"]);
    must(await admin.mutate("witnesses.add", place));
    const refusal = "The mail server did not take it (451).";
    await expect.poll(async () => (await stateOf("email")).problem, soon).toBe(refusal);
    expect(await stateOf("email")).toMatchObject({ confirmedSize: 0, confirmedAt: null });
    takesMail = true;
    const { origin, size } = await newest();
    await log.owner`update witnesses set next_attempt_at = now() where kind = 'email'`;
    await arrived("email", size);
    expect(await stateOf("email")).toMatchObject({ problem: null, failingSince: null });
    const mail = inbox.received.find(({ to }) => to.includes(place.target));
    const { text } = parseMail(mail?.raw ?? "");
    const [note = ""] = splitNotes(`${text.replaceAll("\r\n", "\n").trimEnd()}\n`).slice(-1);
    expect(note).toContain(`${origin}\n`);
  });

  test("a webhook that knew more entries than the log had, which growth does not take back", async () => {
    const { size } = await newest();
    await arrived("webhook", size);
    await log.owner`
      update witnesses set confirmed_size = ${size + 2}, next_attempt_at = now()
      where kind = 'webhook'`;
    // What goes on in the background may have made one more entry.
    const problem = expect.toSatisfy((told: string | null) =>
      [size, size + 1]
        .map((had) => `It was sent a checkpoint of ${size + 2} entries when the log had ${had}.`)
        .includes(told ?? ""),
    );
    await expect.poll(async () => (await stateOf("webhook")).problem, soon).toEqual(problem);
    let larger = await grow();
    while (larger.size <= size + 2) larger = await grow();
    await log.owner`update witnesses set next_attempt_at = now() where kind = 'webhook'`;
    await arrived("webhook", larger.size);
    const { id, ...kept } = await stateOf("webhook");
    expect(kept).toMatchObject({ contradicts: true, problem });
    must(await admin.mutate("witnesses.remove", { id }));
    const hook = { kind: "webhook", target: receiver.url, everySeconds: 1 };
    expect(must(await admin.mutate("witnesses.add", hook)).contradicts).toBe(false);
  });

  test("another Muniment, by one command each way, which cosigns them", async () => {
    const envOf = (server: TestServer) => {
      const { host, port, database, username, password } = server.databaseFacts;
      const url = `postgres://${username}:${encodeURIComponent(password)}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
      return {
        DATABASE_URL: url,
        DATA_DIR: server.dataDir,
        PUBLIC_URL: server.url,
        MUNIMENT_MIGRATIONS: migrationsFolder,
      };
    };
    const add = ["admin", "add-witness", `${witness.url}/witness`];
    const there = await call(add, { env: envOf(log) });
    expect([there.exitCode, there.stderr]).toEqual([0, ""]);
    expect(there.stdout).toContain(`muniment admin witness-log ${log.url}`);
    await log.owner`update witnesses set every_seconds = 1 where kind = 'witness'`;
    await expect.poll(async () => (await stateOf("witness")).problem, soon).toMatch(/witness-log/);
    const back = await call(["admin", "witness-log", log.url], { env: envOf(witness) });
    expect([back.exitCode, back.stderr]).toEqual([0, ""]);
    expect(back.stdout).toContain(`muniment admin add-witness ${witness.url}/witness`);
    await log.owner`update witnesses set next_attempt_at = now() where kind = 'witness'`;
    const { size, origin } = await grow();
    await arrived("witness", size);
    expect(must(await admin.query("witnesses.assurance"))).toMatchObject({ level: "witnessed" });
    const { items } = must(
      await admin.query("witnesses.checkpoints", { cosigned: true, limit: 1 }),
    );
    const key = parseWitnessKey(items[0].cosignedBy[0]);
    expect(await openCosignatures(items[0].note, [key])).toHaveLength(1);
    // Whoever follows the log finds there what the witness signed of its newest.
    const published = async () => (await log.fetch("/audit/checkpoint")).text();
    const cosigned = async () => openCosignatures(await published(), [key]);
    await expect.poll(cosigned, { interval: 500 }).toHaveLength(1);

    // What the witness says is compared by `muniment verify`, which believes keys it is given.
    const env = envOf(log);
    const run = (...argv: string[]) => call(["verify", "--json", ...argv], { env });
    const copy = ["--witness", `${witness.url}/witness`, "--witness-key", items[0].cosignedBy[0]];
    const sound = JSON.parse((await run(...copy)).stdout);
    expect(sound).toMatchObject({ ok: true, wrong: null, witnesses: items[0].cosignedBy });
    expect(sound.cosigned).toBeGreaterThanOrEqual(size);
    const stranger = (await linesOf(`${log.url}/witness/keys`))[0] ?? "";
    const refused = await run("--witness", `${witness.url}/witness`, "--witness-key", stranger);
    expect(JSON.parse(refused.stdout).wrong.reason).toMatch(/no known witness cosigned it/);
    expect((await run("--witness", `${witness.url}/nothing`)).exitCode).toBe(2);

    // A log that was set back: the witness knows more than it, and says so.
    const known = forge(origin, 1_000_000);
    const { id } = must(await operator.query("witnesses.logs")).items[0];
    await witness.owner`
      update witnessed_logs set size = 1000000, note = ${known} where id = ${id}`;
    await grow();
    await expect
      .poll(async () => (await stateOf("witness")).problem, soon)
      .toMatch(/The witness knows 1000000 entries, the log has \d+\./);
    expect(must(await admin.query("witnesses.assurance"))).toMatchObject({ contradictions: 1 });
    const cut = await run("--witness", `${witness.url}/witness`);
    expect(JSON.parse(cut.stdout).wrong.reason).toMatch(/its tail was cut/);
  });

  describe("a witness of somebody else", () => {
    type Reply = (text: string) => { status: number; body: string };
    const keeper = createCosigner([randomBytes(32)], "keeper.example.org/witness");
    let foreign: Awaited<ReturnType<typeof startReceiver>>;
    let replies: Reply[] = [];
    beforeAll(async () => {
      foreign = await startReceiver();
      foreign.answer.of = (body) => {
        const { text } = parseNote(parseSubmission(body).note);
        return replies.shift()?.(text) ?? { status: 503, body: "" };
      };
    });
    afterAll(() => foreign.stop());

    /** What the log makes of the replies of a witness that cosigned so many entries before. */
    async function send(checkpoint: SignedCheckpoint, confirmedSize: number, ...given: Reply[]) {
      replies = given;
      const at = log.deps.now();
      const place: Witness = {
        ...{ id: "", kind: "witness", target: foreign.url, secret: null, everySeconds: 1 },
        bucket: null,
        ...{ key: keeper.keys.map(formatVerifierKey).join(), confirmedSize, confirmedAt: at },
        ...{ failures: 0, failingSince: null, problem: null, contradicts: false },
        ...{ createdAt: at, nextAttemptAt: at, lockedUntil: null },
      };
      const openOwn = () => Promise.reject(new Error("no note is read"));
      const { cosignatures = [] } = await sendToWitness(
        { ...log.deps, openOwn, requireLease: () => {} },
        place,
        checkpoint,
      );
      return cosignatures.map(({ line }) => line).join("");
    }

    const cosign: Reply = (text) => ({ status: 200, body: keeper.cosign(text, new Date()) });
    const conflict = (known: number) => () => ({ status: 409, body: `${known}\n` });

    test("is believed what it signed of the checkpoint, and nothing that it puts around it", async () => {
      const sent = await newest();
      const line = await send(sent, 0, cosign);
      expect(await openCosignatures(sent.note + line, keeper.keys)).toHaveLength(1);
      // What stands before another empty line would be the text, the log's signatures with it.
      const around = { status: 200, body: `\n${keeper.cosign(sent.note, new Date())}` };
      expect(await openCosignatures(sent.note + around.body, keeper.keys)).toHaveLength(1);
      await expect(send(sent, 0, () => around)).rejects.toThrow(/no signature lines/);
    });

    test("contradicts the log where it knows as many entries, and others", async () => {
      const sent = await newest();
      const { size } = sent;
      await expect(send(sent, size, conflict(size))).rejects.toThrow(Contradicted);
      await expect(send(sent, 0, conflict(size), conflict(size))).rejects.toThrow(Contradicted);
      await expect(send(sent, 0, conflict(size + 1))).rejects.toThrow(Contradicted);
      await expect(send(sent, 0, conflict(1), cosign)).resolves.toMatch(/^— keeper/);
    });

    test("is sent nothing more once it forgot what it cosigned", async () => {
      const sent = await newest();
      const { size } = sent;
      const forgot = `It forgot: it cosigned ${size} entries, and knows 1.`;
      await expect(send(sent, size, conflict(1), cosign)).rejects.toThrow(forgot);
      await expect(send(sent, size + 1, cosign)).rejects.toThrow(/It forgot/);
    });
  });

  test("no address that the server may not reach, and nowhere at the word of others than administrators", async () => {
    const key = (await linesOf(`${witness.url}/witness/keys`))[0] ?? "";
    const inside = { kind: "witness", target: "http://10.0.0.1/witness", key };
    expect((await admin.mutate("witnesses.add", inside)).error?.data.reason).toBe(
      "url_not_allowed",
    );
    const wrongKey = { kind: "witness", target: `${witness.url}/x`, key: "nonsense" };
    expect((await admin.mutate("witnesses.add", wrongKey)).error?.data.reason).toBe(
      "invalid_input",
    );
    const [own = ""] = await linesOf(`${log.url}/witness/keys`);
    const itself = { kind: "witness", target: `${log.url}/witness`, key: own };
    expect((await admin.mutate("witnesses.add", itself)).error?.data.reason).toBe("invalid_input");
    const named = { kind: "file", target: "/etc/passwd" };
    expect((await admin.mutate("witnesses.add", named)).status).toBe(400);
    const auditor = await log.user("auditor");
    const { origin } = new URL(receiver.url);
    const seen: { kind: string; target: string }[] = must(
      await auditor.query("witnesses.list"),
    ).items;
    expect(seen.find(({ kind }) => kind === "webhook")?.target).toBe(origin);
    expect((await stateOf("webhook")).target).toBe(receiver.url);
    expect((await auditor.mutate("witnesses.add", inside)).status).toBe(403);
    const removed = await stateOf("webhook");
    must(await admin.mutate("witnesses.remove", { id: removed.id }));
    expect(await stateOf("webhook")).toBeUndefined();
    const { items } = must(await admin.query("audit.search", { actions: ["witness.removed"] }));
    expect(items[0]).toMatchObject({ target: { label: origin }, details: { kind: "webhook" } });
  });
});
