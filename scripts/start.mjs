// Builds what changed and runs the server in a process group of its own, so that whatever happens to
// npx, pnpm or the shell around it, the server is told once and drains.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { ensureBuild, markInUse } from "./build.mjs";
import { whenLauncherGone } from "./launchers.mjs";
import { serverEnvironment, serverFlags } from "./server-flags.mjs";

const build = await ensureBuild((line) => console.log(line));
const child = spawn(process.execPath, [...serverFlags, join(build, "api.js")], {
  stdio: "inherit",
  detached: true,
  env: {
    ...serverEnvironment,
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

whenLauncherGone(() => child.kill("SIGTERM"));
