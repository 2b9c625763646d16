import { describeProblems, parseConfig } from "@muniment/api/config.ts";
import { withFiles } from "@muniment/api/env-files.ts";
import type { Io } from "../command.ts";

/** The settings of this installation, as the server reads them. @throws Error that names what is wrong */
export function settingsOf(given: Io["env"]) {
  const { env, problems } = withFiles(given);
  const parsed = parseConfig(env, problems);
  if (!parsed.ok) throw new Error(`the settings are wrong:\n${describeProblems(parsed.problems)}`);
  const migrationsFolder = env.MUNIMENT_MIGRATIONS;
  if (!migrationsFolder)
    throw new Error("MUNIMENT_MIGRATIONS is not set; start it by pnpm muniment");
  return { config: parsed.config, rings: parsed.rings, migrationsFolder };
}
