import { type SecretName, secretNames } from "../../config.ts";
import { secretProblem } from "../../secret-strength.ts";
import { type Check, type Finding, fail, failIfAny, pass, skip, warn } from "../check.ts";
import type { Facts } from "../facts.ts";

const make = "such as the output of: openssl rand -base64 48";

/** The ring in use, and where it came from. */
function ringOf({ settings, files }: Facts, name: SecretName) {
  const given = settings.rings[name];
  if (given.length > 0) return { elements: given, from: "the environment" };
  return { elements: files.keyringSecrets?.[name] ?? [], from: "keyring.json" };
}

function judgeRing(facts: Facts, name: SecretName): Finding {
  const remedy = `Set ${name} to at least 32 random characters, ${make}. Put the new element first and keep the old one behind a comma until nothing uses it.`;
  const refused = facts.settings.problems.find(({ variable }) =>
    [name, `${name}_FILE`].includes(variable),
  );
  const { elements, from } = ringOf(facts, name);
  const weak = elements.flatMap((element) => secretProblem(element) ?? []);
  if (weak.length > 0) return fail(`${name} from ${from} ${weak.join("; ")}`, remedy);
  if (refused) return fail(`${refused.variable} ${refused.problem}`, remedy);
  if (facts.files.keyringSecrets === null) return skip("the keyring is damaged");
  if (elements.length === 0) return skip("the first start makes it in DATA_DIR/keyring.json");
  return pass(`${elements.length} strong, from ${from}`);
}

const ring = (id: string, name: SecretName, title: string): Check => ({
  id: `secrets.${id}`,
  title,
  group: "secrets",
  run: (facts) => judgeRing(facts, name),
});

/** Beyond this many elements a ring keeps secrets alive that should be dead. */
const deepestRing = 3;

export const secretChecks: Check[] = [
  ring("jwt", "JWT_SECRET", "The token secrets are strong"),
  ring("api-key", "API_KEY_SECRET", "The API key secrets are strong"),
  ring("encryption", "ENCRYPTION_KEY", "The encryption keys are strong"),
  ring("audit-signing", "AUDIT_SIGNING_KEY", "The audit signing keys are strong"),
  {
    id: "secrets.distinct",
    title: "No secret serves two purposes",
    group: "secrets",
    run(facts) {
      const uses = new Map<string, string[]>();
      for (const name of secretNames) {
        for (const element of ringOf(facts, name).elements) {
          uses.set(element, [...(uses.get(element) ?? []), name]);
        }
      }
      const { metricsToken } = facts.settings.config;
      if (metricsToken) {
        uses.set(metricsToken, [...(uses.get(metricsToken) ?? []), "METRICS_TOKEN"]);
      }
      if (uses.size === 0) return skip("there is no secret yet");
      const shared = [...uses.values()].filter((names) => names.length > 1);
      return failIfAny(
        shared.map((names) => `${names.join(" and ")} hold the same secret`),
        `${uses.size} different secrets`,
        `Give each its own random value, ${make}.`,
      );
    },
  },
  {
    id: "secrets.rotation",
    title: "Retired secrets are removed from the rings",
    group: "secrets",
    run(facts) {
      const depths = secretNames.map(
        (name) => [name, ringOf(facts, name).elements.length] as const,
      );
      const deep = depths.filter(([, depth]) => depth > deepestRing);
      const shown = depths.map(([name, depth]) => `${name} ${depth}`).join(", ");
      return deep.length === 0
        ? pass(shown)
        : warn(
            shown,
            `Remove the oldest elements of ${deep.map(([name]) => name).join(", ")} once nothing uses them.`,
          );
    },
  },
  {
    id: "secrets.metrics-token",
    title: "The metrics token is strong",
    group: "secrets",
    run({ settings }) {
      const remedy = `Set METRICS_TOKEN to at least 32 random characters, ${make}.`;
      const refused = settings.problems.find(({ variable }) => variable === "METRICS_TOKEN");
      if (refused) return fail(`METRICS_TOKEN ${refused.problem}`, remedy);
      const { metricsToken } = settings.config;
      if (metricsToken === null) return skip("METRICS_TOKEN is not set");
      const weakness = secretProblem(metricsToken);
      return weakness ? fail(`METRICS_TOKEN ${weakness}`, remedy) : pass("strong");
    },
  },
  {
    id: "secrets.files",
    title: "Files that hold secrets are private",
    group: "secrets",
    run({ files }) {
      if (files.secretFiles.length === 0) return skip("no secret is read from a file");
      const open = files.secretFiles.filter(({ mode }) => (mode & 0o077) !== 0);
      const others = open.filter(({ mode }) => (mode & 0o027) !== 0);
      const list = (found: typeof open) =>
        found.map(({ path, mode }) => `${path} (0${mode.toString(8)})`).join(", ");
      const remedy = "chmod 0400 each of them, owned by the user that Muniment runs as.";
      if (others.length > 0) return fail(`others can read or change ${list(others)}`, remedy);
      if (open.length > 0) return warn(`the group can read ${list(open)}`, remedy);
      return pass(`${files.secretFiles.length} files, each for its owner alone`);
    },
  },
];
