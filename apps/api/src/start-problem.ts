import { isDatabaseUnavailable, isDatabaseUntrusted } from "@muniment/db/unavailable.ts";
import { type Config, describeProblems, type Problem } from "./config.ts";

/** A setting that only starting proved wrong; the message names variable, problem and remedy. */
export class StartProblem extends Error {
  constructor(
    readonly problem: Problem,
    cause: unknown,
  ) {
    super(describeProblems([problem]), { cause });
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
const textOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(textOf).join(", ");
  return error instanceof Error ? error.message || codeOf(error) : String(error);
};

/** PostgreSQL, appendix A: wrong password, no such role, no such database. */
const refusals: Record<string, string> = {
  "28P01": "refuses the password of",
  "28000": "refuses",
  "3D000": "has no such database for",
};

/** What an error of the first connection to an external database says of `DATABASE_URL`; else the error itself. */
export function ofDatabase({ database }: Config, error: unknown): unknown {
  if (!database) return error;
  const { owner, app } = database;
  const variable = app === null ? "DATABASE_URL" : "DATABASE_OWNER_URL";
  const place = `${owner.host}:${owner.port}`;
  const refused = refusals[codeOf(error)];
  if (refused) {
    const problem = `names a server, ${place}, that ${refused} ${owner.username}/${owner.database}`;
    const remedy = "correct user, password and database in it, or create them there";
    return new StartProblem({ variable, problem: `${problem} (${textOf(error)})`, remedy }, error);
  }
  if (isDatabaseUntrusted(error)) {
    const problem = `names ${place}, whose certificate does not prove it (${textOf(error)})`;
    const remedy =
      "set DATABASE_CA_FILE to its authority, and use a host that stands in the certificate";
    return new StartProblem({ variable, problem, remedy }, error);
  }
  if (!isDatabaseUnavailable(error)) return error;
  return new StartProblem(
    {
      variable,
      problem: `names ${place}, where no PostgreSQL can be reached (${textOf(error)})`,
      remedy:
        "start PostgreSQL there, correct the address, or unset it for the embedded PostgreSQL",
    },
    error,
  );
}

/** What an error of listening says of `HOST` and `PORT`; else the error itself. */
export function ofListening({ host, port }: Config, error: unknown): unknown {
  const known: Record<string, Problem> = {
    EADDRINUSE: {
      variable: "PORT",
      problem: `${port} on ${host} is taken by another program`,
      remedy: "stop that program, which may be another Muniment, or set PORT to a free one",
    },
    EACCES: {
      variable: "PORT",
      problem: `${port} may not be opened by this user`,
      remedy: "set PORT to 1024 or more, and let a proxy listen on the lower one",
    },
    EADDRNOTAVAIL: {
      variable: "HOST",
      problem: `${host} is no address of this machine`,
      remedy: "set HOST to one of its addresses, or to 127.0.0.1",
    },
  };
  const problem = known[codeOf(error)];
  return problem ? new StartProblem(problem, error) : error;
}
