import { parseConnectionUrl } from "@muniment/db/connection.ts";
import {
  type Config,
  type Problem,
  parseConfig,
  type SecretName,
  secretNames,
} from "../../config.ts";
import { withFiles } from "../../env-files.ts";
import { sessionCookie } from "../../http/cookies.ts";

type Env = Record<string, string | undefined>;

export type SettingsFacts = {
  /** As the server would read it; a refused value is replaced by its default. */
  config: Config;
  /** Why the server would refuse to start. */
  problems: Problem[];
  /** As given, newest first; empty where the server makes its own in the keyring. */
  rings: Record<SecretName, string[]>;
  /** The database as given, even where the server would refuse it. */
  database: Config["database"];
  redisUrl: string | null;
  /** What a sign-in would be answered with. */
  setCookie: string;
};

const elements = (text = "") =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

/** Parses again without the refused values, until what is left is accepted. */
function parseLeniently(env: Env): { config: Config; problems: Problem[] } {
  const problems: Problem[] = [];
  let rest: Env = { ...env };
  for (;;) {
    const parsed = parseConfig(rest);
    if (parsed.ok) return { config: parsed.config, problems };
    problems.push(...parsed.problems);
    const refused = new Set(parsed.problems.map(({ variable }) => variable));
    const kept = Object.entries(rest).filter(([name]) => !refused.has(name));
    // A missing secret is refused only with an external database, so that goes last.
    const stuck = kept.length === Object.keys(rest).length;
    if (stuck && !("DATABASE_URL" in rest)) throw new Error(`cannot do without ${[...refused]}`);
    rest = Object.fromEntries(kept.filter(([name]) => !(stuck && name.startsWith("DATABASE_"))));
  }
}

function databaseAsGiven({ DATABASE_URL, DATABASE_OWNER_URL, DATABASE_CA }: Env) {
  if (!DATABASE_URL || !URL.canParse(DATABASE_URL)) return null;
  const ownerUrl = DATABASE_OWNER_URL && URL.canParse(DATABASE_OWNER_URL) && DATABASE_OWNER_URL;
  return {
    app: ownerUrl ? parseConnectionUrl(DATABASE_URL, DATABASE_CA) : null,
    owner: parseConnectionUrl(ownerUrl || DATABASE_URL, DATABASE_CA),
  };
}

/** What the server would make of an environment. */
export function readSettings(given: Env): SettingsFacts {
  const { env, problems: unreadable } = withFiles(given);
  const { config, problems } = parseLeniently(env);
  const inAnHour = new Date(Date.now() + 3_600_000);
  return {
    config,
    problems: [...unreadable, ...problems],
    rings: Object.fromEntries(secretNames.map((name) => [name, elements(env[name])])) as Record<
      SecretName,
      string[]
    >,
    database: databaseAsGiven(env),
    redisUrl: env.REDIS_URL && URL.canParse(env.REDIS_URL) ? env.REDIS_URL : null,
    setCookie: sessionCookie(config, "token", inAnHour),
  };
}
