import type { Socket } from "node:net";
import postgres from "postgres";
import { openDriverSocket } from "./database-socket.ts";
import { isDatabaseUnavailable, isPlanOutdated } from "./unavailable.ts";

/** Where a PostgreSQL is and how to sign in to it; `host` may be the directory of a unix socket. */
export type ConnectionFacts = {
  host: string;
  port: number;
  database: string;
  username: string;
  password: string;
  /** Passwords that the role may get while this is used: another node gives it one where it knows none of it. */
  otherPasswords?: readonly string[];
  /** Verified TLS with the given authority (PEM), or the system's when empty; absent: no TLS. */
  tls?: { ca?: string };
};

type PoolOptions = {
  max: number;
  applicationName: string;
  parameters?: Record<string, string>;
  /** Whether each new connection asks for the types of arrays; without, arrays are text. */
  fetchTypes?: boolean;
  /** Opens the socket instead of `openDriverSocket`. */
  socket?: () => Promise<Socket>;
  /** Called when a connection has ended, before anything is sent over another. */
  onClose?: () => void;
};

type Run = (tx: postgres.TransactionSql) => Promise<unknown>;
type Begin = (options: string, run: Run) => Promise<unknown>;

/**
 * Keeps postgres.js from rolling back over a connection that is gone, which would end the process:
 * it writes to a socket that is null (porsager/postgres#1208). `begin` itself rejects by then.
 */
function withoutLostRollback(sql: postgres.Sql): postgres.Sql {
  const begin = sql.begin.bind(sql) as Begin;
  const unlessLost =
    (run: Run): Run =>
    async (tx) => {
      try {
        return await run(tx);
      } catch (error) {
        if (isDatabaseUnavailable(error) && !isPlanOutdated(error)) return new Promise(() => {});
        throw error;
      }
    };
  return Object.assign(sql, {
    begin: (...args: [Run] | [string, Run]) =>
      args.length === 1 ? begin("", unlessLost(args[0])) : begin(args[0], unlessLost(args[1])),
  }) as postgres.Sql;
}

/** Whether a role may sign in by its password. @throws Error where nobody can tell */
export async function mayEnter({ otherPasswords: _, ...facts }: ConnectionFacts): Promise<boolean> {
  const sql = connect(facts, { max: 1, applicationName: "muniment-roles", fetchTypes: false });
  try {
    await sql`select 1`;
    return true;
  } catch (error) {
    const code = error instanceof Error && "code" in error && error.code;
    if (code === "28P01" || code === "28000") return false;
    throw error;
  } finally {
    await sql.end({ timeout: 2 });
  }
}

/** The first of these passwords that lets the role in; the first of all where none does, or nobody can tell. */
async function passwordInForce(facts: ConnectionFacts, passwords: readonly string[]) {
  const [first = ""] = passwords;
  try {
    for (const password of passwords) if (await mayEnter({ ...facts, password })) return password;
  } catch {
    // The connection itself meets what kept this one from being made.
  }
  return first;
}

/** What was found out last, so that PostgreSQL refuses a password that was replaced only once. */
const inForce = new WeakMap<ConnectionFacts, string>();

/**
 * A postgres.js pool. It reconnects by itself; a query on a lost connection fails at once. Where the
 * password may be another by now, each connection is preceded by one that finds out.
 */
export function connect(facts: ConnectionFacts, options: PoolOptions): postgres.Sql {
  const openSocket = options.socket ?? (() => openDriverSocket(facts));
  const others = facts.otherPasswords ?? [];
  const password = () => inForce.get(facts) ?? facts.password;
  const openWithPassword = async () => {
    const rest = [facts.password, ...others].filter((one) => one !== password());
    inForce.set(facts, await passwordInForce(facts, [password(), ...rest]));
    return openSocket();
  };
  const pool = postgres({
    // The driver's types leave it out.
    ...{ socket: others.length > 0 ? openWithPassword : openSocket },
    host: facts.host,
    port: facts.port,
    database: facts.database,
    username: facts.username,
    password: others.length > 0 ? password : facts.password,
    ssl: false,
    max: options.max,
    idle_timeout: 0,
    connect_timeout: 2,
    backoff: (attempt) => Math.min(0.05 * 2 ** attempt, 1),
    max_lifetime: null,
    onnotice: () => {},
    ...(options.onClose ? { onclose: options.onClose } : {}),
    fetch_types: options.fetchTypes ?? true,
    connection: { application_name: options.applicationName, ...options.parameters },
  });
  return withoutLostRollback(pool);
}

/**
 * Parses a postgres:// URL. TLS is on for every sslmode but `disable`, and then always verified; like
 * libpq, a unix socket goes without.
 */
export function parseConnectionUrl(text: string, ca?: string): ConnectionFacts {
  const url = new URL(text);
  const sslmode = url.searchParams.get("sslmode");
  return {
    host: url.searchParams.get("host") ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, ""),
    port: Number(url.port || "5432"),
    database: decodeURIComponent(url.pathname.slice(1)) || "postgres",
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(sslmode && sslmode !== "disable" ? { tls: ca ? { ca } : {} } : {}),
  };
}
