/**
 * `pnpm soak:backup [rows]`: a backup and a drill of its restore with the built CLI, beside the server, of
 * 10,000 events and of a million unless it is said otherwise. How long they took, and the most memory that
 * each process held, goes into BACKUPS.md here. A million take about 2 GB of disk meanwhile.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ensureBuild } from "../../scripts/build.mjs";
import { fillEvents, ownerOf } from "../exports.ts";
import { mostMegabytes } from "../rows.ts";
import { type Bench, startBench } from "../servers.ts";
import { signUpFirst } from "../signed-in-query.ts";

const rows = Number(process.argv[2] ?? 1_000_000);
const few = 10_000;
const results = new URL("BACKUPS.md", import.meta.url);
const head = [
  "# Backups",
  "",
  "`pnpm soak:backup <rows>`: `muniment backup --recipient` beside the server, which reads back what it " +
    "wrote, and `muniment restore --drill`, each a process of its own. The memory is the most that the " +
    "process held (PostgreSQL's own is not in it); of few rows it is what the CLI takes anyway. The load " +
    "is that just before: where it is above the number of cores, the machine did other things meanwhile, " +
    "and the times are longer than those of a quiet one.",
  "",
  "| events | file | backup | events/s | memory | drill | events/s | memory | machine | on |",
  "|---|---|---|---|---|---|---|---|---|---|",
];

/** What a process was started with: the secrets of the server, too. */
async function environmentOf(pid: number) {
  const text = await readFile(`/proc/${pid}/environ`, "utf8");
  return Object.fromEntries(
    text.split("\0").flatMap((one) => {
      const at = one.indexOf("=");
      return at > 0 ? [[one.slice(0, at), one.slice(at + 1)]] : [];
    }),
  );
}

/** Runs a command of the CLI; answers how long it took and the most memory that it held. */
async function run(bench: Bench, argv: string[]) {
  const begun = performance.now();
  const child = spawn(process.execPath, [join(bench.built, "cli.js"), ...argv], {
    env: await environmentOf(bench.product.pid),
    stdio: ["ignore", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  let megabytes = 0;
  while (child.exitCode === null && child.signalCode === null) {
    const most = await Promise.resolve()
      .then(() => mostMegabytes(child.pid ?? 0))
      .catch(() => 0);
    megabytes = Math.max(megabytes, most || 0);
    await sleep(20);
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`muniment ${argv[0]} ended with ${code}`);
  return { seconds: (performance.now() - begun) / 1000, megabytes };
}

async function measure(bench: Bench, folder: string, events: number): Promise<string> {
  const identity = join(folder, "identity");
  const file = join(folder, `${events}.backup.age`);
  const [, recipient = ""] = /public key: (\S+)/.exec(await readFile(identity, "utf8")) ?? [];
  const load = loadavg()[0] ?? 0;
  const made = await run(bench, ["backup", file, "--recipient", recipient]);
  const drill = await run(bench, ["restore", file, "--identity", identity, "--drill"]);
  const { size } = await stat(file);
  const number = (value: number) => Math.round(value).toLocaleString("en");
  const columns = ({ seconds, megabytes }: typeof made) =>
    `${seconds.toFixed(1)} s | ${number(events / seconds)} | ${number(megabytes)} MB`;
  return `| ${number(events)} | ${number(size / 1e6)} MB | ${columns(made)} | ${columns(drill)} | ${cpus().length} cores, load ${load.toFixed(1)}, Node.js ${process.version} | ${new Date().toISOString().slice(0, 10)} |`;
}

const folder = await mkdtemp(join(tmpdir(), "muniment-backups-"));
const bench = await startBench(await ensureBuild());
try {
  const user = await signUpFirst(bench);
  await run(bench, ["backup", "--make-identity", join(folder, "identity")]);
  await fillEvents(bench, user, few);
  const lines = [await measure(bench, folder, few)];
  // They would have the same ids again.
  const sql = ownerOf(bench);
  await sql`truncate events`;
  await sql.end();
  await fillEvents(bench, user, rows);
  lines.push(await measure(bench, folder, rows));
  await writeFile(results, `${[...head, ...lines].join("\n")}\n`);
  console.log(lines.join("\n"));
} finally {
  await bench.stop();
  await rm(folder, { recursive: true, force: true });
}
