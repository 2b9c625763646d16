import { mkdtemp, rm } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type postgres from "postgres";
import { boot } from "../../apps/api/src/boot.ts";
import { parseConfig } from "../../apps/api/src/config.ts";
import { hashPassword } from "../../apps/api/src/identity/password.ts";
import { createLog } from "../../apps/api/src/log.ts";
import type { ConnectionFacts } from "../../packages/db/src/connection.ts";
import { freePort } from "../servers.ts";
import { heavyUser, migrations } from "./scratch.ts";

/** Calls a query as the heavy user. @throws Error unless it is answered with 200 */
export type Api = (procedure: string, input: object) => Promise<void>;

type Answer = { status: number | undefined; cookie: string; body: string };

const secret = "only-for-this-bench-0123456789-0123456789-";

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function call(url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const sent = request(url, { agent, method, headers }, (answer) => {
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk: string) => {
        text += chunk;
      });
      answer.on("end", () => {
        const cookies = answer.headers["set-cookie"] ?? [];
        const cookie = cookies.map((text) => text.split(";")[0]).join("; ");
        resolve({ status: answer.statusCode, cookie, body: text });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** The product on a database, over HTTP, with limits so high that load is measured and not refusals. */
export async function openApi(facts: ConnectionFacts, owner: postgres.Sql) {
  const directory = await mkdtemp(join(tmpdir(), "muniment-bench-"));
  const parsed = parseConfig({
    DATA_DIR: join(directory, "data"),
    PORT: String(await freePort()),
    LOG_LEVEL: "silent",
    DATABASE_URL: "postgres://127.0.0.1/unused",
    RATE_LIMIT_USER_MAX: "1000000000",
    // The same each time, as the database keeps what they encrypt and sign.
    JWT_SECRET: `${secret}1`,
    API_KEY_SECRET: `${secret}2`,
    ENCRYPTION_KEY: `${secret}3`,
    AUDIT_SIGNING_KEY: `${secret}4`,
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { config, rings } = parsed;
  const running = await boot({
    env: {},
    ...{ config: { ...config, database: { app: null, owner: facts } }, rings },
    ...{ log: createLog("silent"), migrationsFolder: migrations, webDirectory: null },
  });
  const origin = config.publicUrl.origin;
  const password = "for the bench alone";
  const hash = await hashPassword(password, config.argon2);
  const [row] = await owner`
    update users set password_hash = ${hash} where id = ${heavyUser} returning email`;
  const json = { "content-type": "application/json", origin };
  const signIn = JSON.stringify({ email: row?.email, password });
  const { cookie, status } = await call(`${origin}/trpc/auth.signIn`, json, signIn);
  if (status !== 200) throw new Error(`the heavy user's sign-in was answered with ${status}`);
  const api: Api = async (procedure, input) => {
    const asked = encodeURIComponent(JSON.stringify(input));
    const { status, body } = await call(`${origin}/trpc/${procedure}?input=${asked}`, { cookie });
    if (status !== 200) throw new Error(`${procedure} was answered with ${status} ${body}`);
  };
  const close = async () => {
    await running.stop();
    await rm(directory, { recursive: true, force: true });
  };
  return { api, close };
}
