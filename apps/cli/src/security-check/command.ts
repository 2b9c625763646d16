import { judge } from "@muniment/api/posture/check.ts";
import { type Command, exitCodes, type Io, parseArguments, UsageError } from "../command.ts";
import { gatherCheckout } from "./gather.ts";
import { checks } from "./registry.ts";
import { jsonReport, textReport } from "./report.ts";
import { usage } from "./usage.ts";

export const securityCheck: Command = {
  name: "security-check",
  summary: "judge this installation's settings, database, files and containers",
  usage,
  run,
};

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
  const facts = await gatherCheckout({ env: io.env, envFile: values["env-file"], project });
  const judged = judge(checks, facts);
  io.stdout.write(json ? jsonReport(judged) : textReport(judged));
  return judged.some(({ status }) => status === "fail") ? exitCodes.failed : exitCodes.ok;
}
