/**
 * The yardstick of sign-in and of a signed-in query: better-auth on `node:http` and the same database, in
 * a schema of its own, with its joins on. Its passwords are hashed with argon2id of the product's
 * parameters in place of its scrypt, and nothing is limited. `COOKIE_CACHE=on`: sessions are read from
 * the cookie, and so cannot be revoked within five minutes.
 */
import { createServer } from "node:http";
import { hash, verify } from "@node-rs/argon2";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { Pool } from "pg";

const port = Number(process.env.PORT);
const pool = new Pool({
  connectionString: process.env.DATABASE_URL ?? "",
  max: 16,
  options: "-c search_path=better_auth",
});
await pool.query("create schema if not exists better_auth");
const auth = betterAuth({
  baseURL: `http://127.0.0.1:${port}`,
  secret: "only for the benchmark, on loopback, for some minutes",
  database: pool,
  advanced: { database: { joins: true } },
  logger: { disabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  session: { cookieCache: { enabled: process.env.COOKIE_CACHE === "on" } },
  emailAndPassword: {
    enabled: true,
    password: {
      hash: (password) => hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 }),
      verify: ({ hash: stored, password }) => verify(stored, password),
    },
  },
});
await (await getMigrations(auth.options)).runMigrations();

const server = createServer(toNodeHandler(auth));
server.listen(port, "127.0.0.1", () => console.log("ready"));
