import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SMTPServerOptions } from "smtp-server";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openScratchDatabase } from "../../../packages/db/test/scratch-database.ts";
// biome-ignore lint/correctness/useImportExtensions: scripts run before anything is installed.
import { mayMount } from "../../../scripts/may-mount.mjs";
import { type Config, parseConfig } from "../src/config.ts";
import { createEncryption } from "../src/encryption.ts";
import { createJobs, type Jobs } from "../src/jobs.ts";
import { createLog } from "../src/log.ts";
import { createMailer } from "../src/mailer.ts";
import { createClock } from "./clock.ts";
import { parseMail } from "./outbox.ts";
import { fillDisk, openSmallDisk } from "./small-disk.ts";
import { type SmtpInbox, startSmtpInbox } from "./smtp-inbox.ts";

let scratch: Awaited<ReturnType<typeof openScratchDatabase>>;
let clock: ReturnType<typeof createClock>;
let jobs: Jobs;
let dataDir: string;
const inboxes: SmtpInbox[] = [];
beforeAll(async () => {
  scratch = await openScratchDatabase();
  dataDir = await mkdtemp(join(tmpdir(), "muniment-mail-"));
});
afterAll(async () => {
  await scratch.drop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(() => {
  clock = createClock();
  const encryption = createEncryption([randomBytes(32)]);
  jobs = createJobs(scratch.database, encryption, clock.now, createLog("silent"));
});
afterEach(async () => {
  await jobs.stop();
  for (const inbox of inboxes.splice(0)) await inbox.close();
  await scratch.owner`delete from jobs`;
});

async function startSmtp(options?: Partial<SMTPServerOptions>) {
  const inbox = await startSmtpInbox(options);
  inboxes.push(inbox);
  return inbox;
}

function configOf(env: Record<string, string>): Config {
  const parsed = parseConfig({
    DATA_DIR: dataDir,
    MAIL_FROM: "Muniment <noreply@example.org>",
    ...env,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

const mail = {
  to: "guest@example.org",
  subject:
    "Gr\u00fc\u00dfe, and a subject that is long enough to be folded over more than one line of a header",
  text: [
    "A first line.",
    "",
    `https://example.org/#token=${"x".repeat(90)}`,
    ".",
    "Caf\u00e9 \u{1f600}",
    "end",
  ].join("\n"),
};
const send = (mailer: ReturnType<typeof createMailer>, message = mail) =>
  scratch.database.transaction({}, (tx) => mailer.send(tx, message));
const soon = { interval: 20 };

test("a mail goes out by SMTP, signed in, as it was written", async () => {
  const smtp = await startSmtp();
  const mailer = createMailer(
    jobs,
    configOf({ SMTP_URL: `smtp://muniment:right@127.0.0.1:${smtp.port}` }),
  );
  await jobs.start();
  await send(mailer);
  await expect.poll(() => smtp.received.length, soon).toBe(1);
  const [received] = smtp.received;
  expect(received).toMatchObject({
    from: "noreply@example.org",
    to: ["guest@example.org"],
    user: "muniment",
  });
  const { headers, text } = parseMail(received?.raw ?? "");
  expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  expect(text.trimEnd().replaceAll("\r\n", "\n")).toBe(mail.text);
  expect(await readdir(dataDir)).not.toContain("outbox");
});

test("a mail goes out once, and only if its transaction commits", async () => {
  const smtp = await startSmtp();
  const mailer = createMailer(jobs, configOf({ SMTP_URL: `smtp://127.0.0.1:${smtp.port}` }));
  await jobs.start();
  const rolledBack = scratch.database.transaction({}, async (tx) => {
    await mailer.send(tx, { ...mail, to: "never@example.org" });
    throw new Error("rolled back");
  });
  await expect(rolledBack).rejects.toThrow("rolled back");
  await send(mailer);
  await expect.poll(async () => (await scratch.owner`select 1 from jobs`).length, soon).toBe(0);
  expect(smtp.received.map(({ to }) => to)).toEqual([["guest@example.org"]]);
});

test("a mail that the server does not take now is sent later", async () => {
  let refusals = 1;
  const smtp = await startSmtp({
    onRcptTo: (_address, _session, done) => {
      refusals -= 1;
      done(refusals >= 0 ? Object.assign(new Error("later"), { responseCode: 451 }) : null);
    },
  });
  const mailer = createMailer(jobs, configOf({ SMTP_URL: `smtp://127.0.0.1:${smtp.port}` }));
  await jobs.start();
  await send(mailer);
  const lastError = async () => (await scratch.owner`select last_error from jobs`)[0]?.last_error;
  await expect.poll(lastError, soon).toContain("later");
  clock.advance(3);
  await expect.poll(() => smtp.received.length, soon).toBe(1);
});

test("a wrong password and a server that is gone leave the mail waiting, and no secret in its row", async () => {
  const smtp = await startSmtp();
  const url = `smtp://muniment:wrongsecret@127.0.0.1:${smtp.port}`;
  const mailer = createMailer(jobs, configOf({ SMTP_URL: url }));
  await jobs.start();
  await send(mailer);
  const row = async () => (await scratch.owner`select * from jobs`)[0];
  await expect.poll(async () => (await row())?.last_error, soon).toContain("Invalid login");
  expect(smtp.received).toEqual([]);
  const kept = await row();
  expect(JSON.stringify(kept)).not.toMatch(/wrongsecret|token=|guest@/);
});

test("in production no mail leaves the machine unencrypted, whatever the URL says", async () => {
  const smtp = await startSmtp();
  // Any address of this machine, and so none that only means this machine.
  const url = `smtp://0.0.0.0:${smtp.port}?ignoreTLS=true`;
  const mailer = createMailer(jobs, configOf({ SMTP_URL: url, NODE_ENV: "production" }));
  await jobs.start();
  await send(mailer);
  const lastError = async () => (await scratch.owner`select last_error from jobs`)[0]?.last_error;
  await expect.poll(lastError, soon).toContain("STARTTLS");
  expect(smtp.received).toEqual([]);
});

test("a server that says nothing holds other work up for seconds only", async () => {
  const silent = createServer(() => {});
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  try {
    const mailer = createMailer(jobs, configOf({ SMTP_URL: `smtp://127.0.0.1:${port}` }));
    const done: unknown[] = [];
    jobs.define("other", async (payload) => void done.push(payload));
    await jobs.start();
    await send(mailer);
    await scratch.database.transaction({}, (tx) => jobs.enqueue(tx, "other", "work"));
    await expect.poll(() => done, { interval: 50 }).toEqual(["work"]);
    // Beside it the other may be there for a moment longer.
    const [row] = await scratch.owner`select last_error from jobs where queue = 'mail'`;
    expect(row?.last_error).toContain("Greeting never received");
  } finally {
    silent.close();
  }
});

test("without SMTP a mail is a file that only we can read, whole or not there", async () => {
  const config = configOf({});
  const mailer = createMailer(jobs, config);
  await jobs.start();
  for (let count = 0; count < 5; count += 1) await send(mailer);
  const names = () => readdir(join(dataDir, "outbox")).catch((): string[] => []);
  const whole = async () => (await names()).filter((name) => /^[0-9a-f-]{36}\.eml$/.test(name));
  await expect.poll(async () => (await whole()).length, soon).toBe(5);
  await expect.poll(async () => (await names()).length, soon).toBe(5);
  for (const name of await names()) {
    const path = join(dataDir, "outbox", name);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(parseMail(await readFile(path, "utf8")).headers.get("to")).toBe("guest@example.org");
  }
  expect((await stat(join(dataDir, "outbox"))).mode & 0o777).toBe(0o700);
});

// Only root can mount a small disk; scripts/test.mjs tells where it is absent.
if (mayMount()) {
  test("what a full disk does not take leaves no file behind", async () => {
    const place = join(dataDir, "disk");
    await mkdir(place);
    const disk = await openSmallDisk(place, 65_536);
    try {
      const mailer = createMailer(jobs, configOf({ DATA_DIR: disk.pathOf(place) }));
      await mailer.sendNow(mail);
      const makeRoom = await fillDisk(join(disk.pathOf(place), "filler"), 0);
      for (let tries = 0; tries < 3; tries += 1) {
        await expect(mailer.sendNow(mail)).rejects.toThrow("ENOSPC");
      }
      expect(await readdir(join(disk.pathOf(place), "outbox"))).toHaveLength(1);
      await makeRoom();
      await mailer.sendNow(mail);
      expect(await readdir(join(disk.pathOf(place), "outbox"))).toHaveLength(2);
    } finally {
      disk.close();
    }
  });
}
