import type { Target } from "@muniment/sdk/delivery";
import { type Io, parseArguments, UsageError } from "../command.ts";
import { checkQuery } from "../search/options.ts";
import { parseNumber } from "../send/options.ts";
import { parseTarget, targetOptions } from "../target.ts";

export type TailOptions = {
  target: Target;
  query: string | undefined;
  /** The position of the last message seen. */
  after: string | undefined;
  state: string | undefined;
  /** Ends after so many events. */
  limit: number;
  json: boolean;
  coloured: boolean;
};

/** The options of one call, each checked. @throws UsageError */
export function parseTailOptions(argv: string[], { env, stdout }: Io): TailOptions {
  const { values, positionals } = parseArguments({
    args: argv,
    allowPositionals: true,
    options: {
      ...targetOptions,
      after: { type: "string" },
      state: { type: "string" },
      limit: { type: "string" },
      "no-color": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [query, ...more] = positionals;
  if (more.length > 0) throw new UsageError("Give the query as one argument, in quotes.");
  if (query !== undefined) checkQuery(query);
  if (values.after !== undefined && !/^[\x21-\x7e]{1,128}$/.test(values.after)) {
    throw new UsageError("--after is a position that a tail was told.");
  }
  const plain = values["no-color"] || Boolean(env.NO_COLOR);
  return {
    target: parseTarget(values, env),
    query,
    after: values.after,
    state: values.state,
    limit:
      values.limit === undefined
        ? Number.POSITIVE_INFINITY
        : parseNumber("--limit", values.limit, [1, 1_000_000_000]),
    json: values.json,
    coloured: stdout.isTTY === true && !plain,
  };
}
