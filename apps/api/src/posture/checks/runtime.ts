import { type Check, fail, failIfAny, pass, warn } from "../check.ts";
import { compareVersions } from "../version.ts";

const oldest = "20.19.0";

/** When each line stops getting security fixes (github.com/nodejs/Release). */
const endOfLife: Record<string, string> = {
  "20": "2026-04-30",
  "22": "2027-04-30",
  "24": "2028-04-30",
  "26": "2029-04-30",
};

const dangerousOptions =
  /--(?:inspect\S*|insecure-http-parser|tls-min-v1\.[01]|use-openssl-legacy\S*|openssl-legacy-provider|expose-internals|max-http-header-size\S*)/g;

export const runtimeChecks: Check[] = [
  {
    id: "runtime.node-version",
    title: "Node.js still gets security fixes",
    group: "runtime",
    run({ now, runtime: { nodeVersion } }) {
      const remedy = "Install the newest even-numbered Node.js release.";
      if (compareVersions(nodeVersion, oldest) < 0) {
        return fail(`${nodeVersion} is below ${oldest}`, remedy);
      }
      const end = endOfLife[nodeVersion.split(".")[0] ?? ""];
      if (end === undefined) return warn(`${nodeVersion} is not a known long-term release`, remedy);
      return now.getTime() > Date.parse(end)
        ? warn(`${nodeVersion} has had no fixes since ${end}`, remedy)
        : pass(`${nodeVersion}, until ${end}`);
    },
  },
  {
    id: "runtime.tls-verification",
    title: "Certificates are verified",
    group: "runtime",
    run({ runtime: { tlsUnverified } }) {
      return failIfAny(
        tlsUnverified ? ["NODE_TLS_REJECT_UNAUTHORIZED=0 accepts any certificate"] : [],
        "yes",
        "Unset NODE_TLS_REJECT_UNAUTHORIZED; name a private authority in NODE_EXTRA_CA_CERTS.",
      );
    },
  },
  {
    id: "runtime.node-options",
    title: "Node.js runs without a debugger and without weakened parsing",
    group: "runtime",
    run({ runtime: { nodeOptions } }) {
      const found = nodeOptions.match(dangerousOptions) ?? [];
      return failIfAny(
        found.map((option) => `NODE_OPTIONS holds ${option}`),
        nodeOptions === "" ? "no options" : "no harmful option",
        "Remove it from NODE_OPTIONS.",
      );
    },
  },
];
