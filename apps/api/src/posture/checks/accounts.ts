import { type Check, failIfAny, pass, skip, warn } from "../check.ts";
import { withLive } from "./with-live.ts";

/** OWASP Password Storage Cheat Sheet: argon2id, 19 MiB, 2 iterations, 1 lane. */
const leastMemoryKib = 19_456;
const leastIterations = 2;
const longestIdleSeconds = 7 * 86_400;
const longestSessionSeconds = 30 * 86_400;

/** More than a team needs to be without fear of lock-out. */
const mostAdministrators = 5;

const hours = (seconds: number) => `${Math.round((seconds / 3600) * 10) / 10} hours`;

function isWeakHash({ algorithm, parameters }: { algorithm: string; parameters: string }) {
  if (algorithm !== "argon2id") return true;
  const [, memory, iterations] = /^m=(\d+),t=(\d+),p=\d+$/.exec(parameters) ?? [];
  return !(Number(memory) >= leastMemoryKib && Number(iterations) >= leastIterations);
}

export const accountChecks: Check[] = [
  {
    id: "accounts.argon2-cost",
    title: "New passwords are hashed at OWASP's cost or above",
    group: "accounts",
    run({ settings: { problems, config } }) {
      const refused = problems.filter(({ variable }) => variable.startsWith("ARGON2_"));
      const { memoryCost, timeCost } = config.argon2;
      return failIfAny(
        refused.map(({ variable, problem }) => `${variable} ${problem}`),
        `argon2id, ${memoryCost} KiB, ${timeCost} iterations`,
        `Unset ARGON2_MEMORY_KIB and ARGON2_TIME, or set them to at least ${leastMemoryKib} and ${leastIterations}.`,
      );
    },
  },
  {
    id: "accounts.stored-hashes",
    title: "Stored passwords are hashed at OWASP's cost or above",
    group: "accounts",
    run: withLive(({ passwordHashes }) => {
      const weak = passwordHashes.filter(isWeakHash).reduce((sum, { count }) => sum + count, 0);
      const all = passwordHashes.reduce((sum, { count }) => sum + count, 0);
      return weak === 0
        ? pass(`${all} of ${all}`)
        : warn(
            `${weak} of ${all} are weaker`,
            "Reset the passwords of accounts that have not signed in since the cost was raised.",
          );
    }),
  },
  {
    id: "accounts.administrator",
    title: "The first administrator exists, so the setup link is used up",
    group: "accounts",
    run: withLive(({ administrators }) =>
      administrators > 0
        ? pass(`${administrators} active`)
        : warn(
            "whoever has the setup link from the log becomes administrator",
            "Open the setup link now; each start prints a new one.",
          ),
    ),
  },
  {
    id: "accounts.administrator-count",
    title: "There are some administrators, and not many",
    group: "accounts",
    run: withLive(({ administrators }) => {
      if (administrators === 0) return skip("there is none yet");
      if (administrators === 1) {
        return warn(
          "one alone: who loses that account locks everybody out",
          "Give somebody else the role, or keep muniment admin within reach.",
        );
      }
      return administrators <= mostAdministrators
        ? pass(`${administrators} active`)
        : warn(
            `${administrators} active: each of them can do everything`,
            "Give those who only need to look the role of an auditor.",
          );
    }),
  },
  {
    id: "accounts.second-factors",
    title: "Administrators and auditors sign in with a second factor",
    group: "accounts",
    run: withLive(({ privileged: { count, withoutSecondFactor } }) => {
      if (count === 0) return skip("there is none yet");
      return withoutSecondFactor === 0
        ? pass(`${count} of ${count}`)
        : warn(
            `a password alone lets ${withoutSecondFactor} of ${count} in`,
            "Ask them to set one up, and set REQUIRE_MFA=admin,auditor: they can do nothing else before.",
          );
    }),
  },
  {
    id: "accounts.session-idle",
    title: "An unused session ends soon",
    group: "accounts",
    run({ settings: { problems, config } }) {
      const refused = problems.find(({ variable }) => variable === "SESSION_IDLE_S");
      const { sessionIdleSeconds } = config;
      const wrong = [
        ...(refused ? [`SESSION_IDLE_S ${refused.problem}`] : []),
        ...(sessionIdleSeconds > longestIdleSeconds ? [`after ${hours(sessionIdleSeconds)}`] : []),
      ];
      return failIfAny(
        wrong,
        `after ${hours(sessionIdleSeconds)}`,
        `Set SESSION_IDLE_S to at most ${longestIdleSeconds} (default 86400).`,
      );
    },
  },
  {
    id: "accounts.session-lifetime",
    title: "Every session ends, however much it is used",
    group: "accounts",
    run({ settings: { problems, config } }) {
      const refused = problems.find(({ variable }) => variable === "SESSION_MAX_S");
      const { sessionMaxSeconds } = config;
      const wrong = [
        ...(refused ? [`SESSION_MAX_S ${refused.problem}`] : []),
        ...(sessionMaxSeconds > longestSessionSeconds ? [`after ${hours(sessionMaxSeconds)}`] : []),
      ];
      return failIfAny(
        wrong,
        `after ${hours(sessionMaxSeconds)}`,
        `Set SESSION_MAX_S to at most ${longestSessionSeconds} (default 604800).`,
      );
    },
  },
];
