// Watch mode: the API restarts on change, the SPA is served by Vite with its proxy to the API.
import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { whenLauncherGone } from "./launchers.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const port = process.env.PORT ?? "3000";
const spa = new URL(process.env.PUBLIC_URL ?? "http://127.0.0.1:5173");
const killAfterMilliseconds = 10_000;

const children = new Set();
let stopping = false;

/** Each child leads a group of its own, so that whatever it started can be ended with it. */
function start(args, cwd) {
  const child = spawn(process.execPath, args, {
    cwd,
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PORT: port, PUBLIC_URL: spa.origin },
  });
  children.add(child);
  child.on("exit", () => {
    children.delete(child);
    stop();
  });
}

function end(signal) {
  for (const { pid } of children) {
    try {
      process.kill(-pid, signal);
    } catch {
      // It is gone already.
    }
  }
}

function stop() {
  if (stopping) return;
  stopping = true;
  end("SIGTERM");
  setTimeout(() => end("SIGKILL"), killAfterMilliseconds).unref();
}
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, stop);
whenLauncherGone(stop);

const isReady = () =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

start(
  ["--import", "tsx", "--watch-path=apps/api/src", "--watch-path=packages", "apps/api/src/main.ts"],
  root,
);
// Before, Vite would answer each call with an error of its proxy.
while (!stopping && !(await isReady())) await sleep(200);
if (!stopping) {
  start(
    ["node_modules/vite/bin/vite.js", "--port", spa.port || "5173", "--strictPort"],
    resolve(root, "apps/web"),
  );
}
