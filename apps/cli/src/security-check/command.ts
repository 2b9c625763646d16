import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import type { Check } from "./check.ts";
import type { Facts } from "./facts.ts";
import { gatherFacts } from "./gather.ts";
import { checks } from "./registry.ts";
import { type Judged, jsonReport, textReport } from "./report.ts";
import { usage } from "./usage.ts";

export const securityCheck: Command = {
  name: "security-check",
  summary: "judge this installation's settings, database, files and containers",
  usage,
  run,
};

export function judge(all: readonly Check[], facts: Facts): Judged[] {
  return all.map(({ id, title, group, run: look }) => ({ id, title, group, ...look(facts) }));
}

async function run(argv: string[], io: Io): Promise<number> {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      "env-file": { type: "string" },
      project: { type: "string", default: "." },
    },
  });
  if (positionals.length > 0) throw new UsageError("It takes options only.");
  const { json, project } = values;
  const facts = await gatherFacts({ env: io.env, envFile: values["env-file"], project });
  const judged = judge(checks, facts);
  io.stdout.write(json ? jsonReport(judged) : textReport(judged));
  return judged.some(({ status }) => status === "fail") ? exitCodes.failed : exitCodes.ok;
}
