import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBuild } from "../scripts/build.mjs";
import { freePort } from "../test/free-port.ts";

export type Product = {
  url: string;
  setupLink: string;
  dataDir: string;
  /** Where a command of the CLI finds the migrations. */
  migrations: string;
  /** Runs a command of the CLI; resolves with its exit code and output. */
  cli(
    args: string[],
    env?: Record<string, string>,
  ): Promise<{ code: number | null; stdout: string; stderr: string }>;
  stop(): Promise<void>;
};

/** The built product as a user starts it: its own process, its own embedded PostgreSQL, nothing replaced. */
export async function startProduct(env: Record<string, string> = {}): Promise<Product> {
  const build = await ensureBuild();
  const dataDir = await mkdtemp(join(tmpdir(), "muniment-e2e-"));
  const port = await freePort();
  const child = spawn(process.execPath, [join(build, "api.js")], {
    env: {
      PATH: process.env.PATH ?? "",
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: "error",
      MUNIMENT_WEB: join(build, "web"),
      MUNIMENT_MIGRATIONS: join(build, "migrations"),
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes("is ready on")) resolve();
    });
    child.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${output}`)));
  });
  return {
    url: `http://127.0.0.1:${port}`,
    dataDir,
    migrations: join(build, "migrations"),
    setupLink: /http\S+#token=\S+/.exec(output)?.[0] ?? "",
    cli: (args, cliEnv = {}) =>
      new Promise((resolve) => {
        const command = spawn(process.execPath, [join(build, "cli.js"), ...args], {
          env: { PATH: process.env.PATH ?? "", ...cliEnv },
        });
        let stdout = "";
        let stderr = "";
        command.stdout.on("data", (chunk) => {
          stdout += chunk;
        });
        command.stderr.on("data", (chunk) => {
          stderr += chunk;
        });
        command.on("close", (code) => resolve({ code, stdout, stderr }));
      }),
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

type Admin = {
  cookie: { name: string; value: string };
  // biome-ignore lint/suspicious/noExplicitAny: answers of any procedure
  mutate(path: string, input: unknown): Promise<any>;
};

/** Uses the set-up link without a browser. */
export async function createAdmin(
  { url, setupLink }: Product,
  password = "correct horse battery staple",
): Promise<Admin> {
  let cookie = { name: "", value: "" };
  const mutate = async (path: string, input: unknown) => {
    const response = await fetch(`${url}/trpc/${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: url,
        cookie: `${cookie.name}=${cookie.value}`,
      },
      body: JSON.stringify(input),
    });
    const [name, value] = response.headers.getSetCookie()[0]?.split(";")[0]?.split("=") ?? [];
    if (name && value) cookie = { name, value };
    const body = (await response.json()) as { result?: { data: unknown } };
    if (!body.result) throw new Error(`${path} answered ${response.status}`);
    return body.result.data;
  };
  const token = setupLink.split("#token=")[1];
  await mutate("setup.createAdmin", {
    token,
    email: "admin@example.org",
    password,
    displayName: "Admin",
  });
  return { cookie, mutate };
}
