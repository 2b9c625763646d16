import type { LimitName, LimitRule } from "@muniment/shared/limits.ts";
import { type Check, failIfAny } from "../check.ts";
import type { Facts } from "../facts.ts";
import { withLive } from "./with-live.ts";

/** The loosest rule that still does what the limit is for: some ten times the default, less for guessing. */
const loosest: Record<LimitName, LimitRule> = {
  general_address: { points: 1000, durationSeconds: 60 },
  general_user: { points: 6000, durationSeconds: 60 },
  auth_account_address: { points: 10, durationSeconds: 900 },
  auth_address: { points: 100, durationSeconds: 900 },
  auth_account: { points: 200, durationSeconds: 900 },
  auth_device: { points: 10, durationSeconds: 900 },
  auth_codes: { points: 100, durationSeconds: 86_400 },
  credentials: { points: 1000, durationSeconds: 900 },
  sign_up: { points: 200, durationSeconds: 3600 },
  mail: { points: 20, durationSeconds: 3600 },
  model: { points: 200, durationSeconds: 60 },
  upload: { points: 100, durationSeconds: 3600 },
  ingest_calls: { points: 60_000, durationSeconds: 60 },
  ingest_events: { points: 600_000, durationSeconds: 60 },
  publishable_calls: { points: 600, durationSeconds: 60 },
  publishable_events: { points: 60_000, durationSeconds: 60 },
};

const rate = ({ points, durationSeconds }: LimitRule) => points / durationSeconds;
const show = (name: string, { points, durationSeconds }: LimitRule) =>
  `${name} ${points} per ${durationSeconds} s`;

function judge(names: LimitName[], variables: string[]) {
  return ({ settings: { config, problems } }: Facts) => {
    const rules = names.map((name) => [name, config.limits[name]] as const);
    const refused = problems.filter(({ variable }) => variables.includes(variable));
    const loose = rules.filter(([name, rule]) => rate(rule) > rate(loosest[name]));
    return failIfAny(
      [
        ...refused.map(({ variable, problem }) => `${variable} ${problem}`),
        ...loose.map(
          ([name, rule]) => `${show(name, rule)} is looser than ${show("", loosest[name]).trim()}`,
        ),
      ],
      rules.map(([name, rule]) => show(name, rule)).join(", "),
      `Lower or unset ${variables.join(", ")}.`,
    );
  };
}

const limit = (id: string, title: string, names: LimitName[], variables: string[]): Check => ({
  id: `limits.${id}`,
  title,
  group: "limits",
  run: judge(names, variables),
});

export const limitChecks: Check[] = [
  limit(
    "sign-in",
    "Passwords cannot be guessed",
    ["auth_account_address", "auth_address", "auth_account", "auth_device", "auth_codes"],
    [
      "AUTH_RATE_LIMIT_MAX",
      "AUTH_RATE_LIMIT_ADDRESS_MAX",
      "AUTH_RATE_LIMIT_ACCOUNT_MAX",
      "AUTH_RATE_LIMIT_CODES_MAX",
      "AUTH_RATE_LIMIT_WINDOW_MS",
    ],
  ),
  limit(
    "credentials",
    "Keys, cookies and links cannot be tried out",
    ["credentials"],
    ["CREDENTIAL_RATE_LIMIT_MAX"],
  ),
  limit(
    "sign-up-and-mail",
    "Accounts and mails cannot be made in masses",
    ["sign_up", "mail"],
    ["SIGN_UP_RATE_LIMIT_MAX", "MAIL_RATE_LIMIT_MAX"],
  ),
  limit(
    "general",
    "One caller cannot keep the server busy",
    ["general_address", "general_user"],
    ["RATE_LIMIT_MAX_REQUESTS", "RATE_LIMIT_USER_MAX", "RATE_LIMIT_WINDOW_MS"],
  ),
  limit(
    "costly",
    "Costly calls are few",
    ["model", "upload"],
    ["MODEL_RATE_LIMIT_MAX", "UPLOAD_RATE_LIMIT_MAX"],
  ),
  limit(
    "ingest",
    "One API key cannot fill the database",
    ["ingest_calls", "ingest_events"],
    ["INGEST_RATE_LIMIT_MAX", "INGEST_EVENTS_RATE_LIMIT_MAX"],
  ),
  limit(
    "publishable",
    "A key that everybody can read in a page does little harm",
    ["publishable_calls", "publishable_events"],
    ["PUBLISHABLE_RATE_LIMIT_MAX", "PUBLISHABLE_EVENTS_RATE_LIMIT_MAX"],
  ),
  {
    id: "limits.overrides",
    title: "No limit was loosened beyond reason at run time",
    group: "limits",
    run: withLive(({ limitOverrides }) => {
      const known = (name: string) => name.split(":")[0] as LimitName;
      const loose = limitOverrides.filter((rule) => {
        const bound = loosest[known(rule.name)];
        return bound !== undefined && rate(rule) > rate(bound);
      });
      return failIfAny(
        loose.map(
          (rule) =>
            `${show(rule.name, rule)} is looser than ${show("", loosest[known(rule.name)]).trim()}`,
        ),
        `${limitOverrides.length} changed`,
        "Reset it in the administration's limits page.",
      );
    }),
  },
];
