// Watch mode: the API restarts on change, the SPA is served by Vite with its proxy to the API.
import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const start = (args, cwd, env = {}) =>
  spawn(process.execPath, args, { cwd, stdio: "inherit", env: { ...process.env, ...env } });

const origins = process.env.CORS_ORIGINS ?? "http://127.0.0.1:5173";
const children = [
  start(
    [
      "--import",
      "tsx",
      "--watch-path=apps/api/src",
      "--watch-path=packages",
      "apps/api/src/main.ts",
    ],
    root,
    {
      CORS_ORIGINS: origins,
      LOG_LEVEL: process.env.LOG_LEVEL ?? "debug",
    },
  ),
  start(["node_modules/vite/bin/vite.js"], resolve(root, "apps/web")),
];
const stop = () => {
  for (const child of children) child.kill("SIGTERM");
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
for (const child of children) child.on("exit", stop);
