// Builds what changed and runs the server in a process group of its own, so that whatever happens to
// npx, pnpm or the shell around it, the server is told once and drains.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureBuild, markInUse } from "./build.mjs";

const build = await ensureBuild((line) => console.log(line));
const child = spawn(process.execPath, ["--enable-source-maps", join(build, "api.js")], {
  stdio: "inherit",
  detached: true,
  env: {
    ...process.env,
    MUNIMENT_WEB: join(build, "web"),
    MUNIMENT_MIGRATIONS: join(build, "migrations"),
    MUNIMENT_END_WITH_PARENT: "1",
  },
});
await markInUse(build, child.pid);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => process.exit(signal ? 1 : (code ?? 1)));

/** The pid of a process's parent and its command line, or null when it is gone (Linux). */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    return { parent, command: readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ") };
  } catch {
    return null;
  }
}

/** The npx, pnpm and sh processes between the user and this one. */
function launchers() {
  const chain = [];
  for (let pid = process.ppid; chain.length < 8; ) {
    const seen = look(pid);
    if (!seen || !/(?:^|[/ ])(?:npm|npx|pnpm)\b|^sh -c /.test(seen.command)) break;
    chain.push({ pid, parent: seen.parent });
    pid = seen.parent;
  }
  return chain;
}

// `kill` of npx alone reaches nobody else; its children only see that they were orphaned.
const chain = launchers();
setInterval(() => {
  if (chain.some(({ pid, parent }) => look(pid)?.parent !== parent)) child.kill("SIGTERM");
}, 500).unref();
