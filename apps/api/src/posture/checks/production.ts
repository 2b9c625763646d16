import { isLoopback } from "../../config.ts";
import { type Check, fail, pass, skip, warn } from "../check.ts";
import type { Facts } from "../facts.ts";

const isPublic = ({ settings }: Facts) => !isLoopback(settings.config.publicUrl.hostname);
const refusal = ({ settings }: Facts, name: string) =>
  settings.problems.find(({ variable }) => variable === name);

export const productionChecks: Check[] = [
  {
    id: "production.accepted",
    title: "The server would start with these settings",
    group: "production",
    run({ settings: { problems } }) {
      if (problems.length === 0) return pass("every variable is accepted");
      return fail(
        problems.map(({ variable, problem }) => `${variable} ${problem}`).join("; "),
        problems.map(({ variable, remedy }) => `${variable}: ${remedy}.`).join(" "),
      );
    },
  },
  {
    id: "production.node-env",
    title: "NODE_ENV is production",
    group: "production",
    run(facts) {
      const remedy = "Set NODE_ENV=production, so that weak settings stop the start.";
      if (facts.settings.config.production) return pass("production");
      const detail = "weak settings are not refused";
      return isPublic(facts) ? fail(detail, remedy) : warn(`${detail}; on loopback only`, remedy);
    },
  },
  {
    id: "production.public-url",
    title: "People reach Muniment by https",
    group: "production",
    run(facts) {
      const refused = refusal(facts, "PUBLIC_URL");
      if (refused) return fail(`PUBLIC_URL ${refused.problem}`, `${refused.remedy}.`);
      const { publicUrl } = facts.settings.config;
      if (publicUrl.protocol === "https:") return pass(publicUrl.origin);
      return pass(`${publicUrl.origin}: plain http, but on loopback only`);
    },
  },
  {
    id: "production.listens",
    title: "Plain http is offered to this machine or to a proxy only",
    group: "production",
    run(facts) {
      const refused = refusal(facts, "HOST");
      if (refused) return fail(`HOST ${refused.problem}`, `${refused.remedy}.`);
      const { config } = facts.settings;
      if (isLoopback(config.host)) return pass(`HOST ${config.host} is loopback`);
      if (config.publicUrl.protocol === "https:") {
        return pass(`HOST ${config.host}, behind the proxy of ${config.publicUrl.origin}`);
      }
      return fail(
        `HOST ${config.host} offers plain http to every network of this machine`,
        "Set HOST=127.0.0.1, or put a TLS proxy in front and set PUBLIC_URL to its https address.",
      );
    },
  },
  {
    id: "production.trust-proxy",
    title: "The proxy in front is trusted, and nobody else",
    group: "production",
    run(facts) {
      const { trustProxy, publicUrl } = facts.settings.config;
      const refused = refusal(facts, "TRUST_PROXY");
      const remedy =
        "Set TRUST_PROXY to the number of proxies in front, such as 1, or to their exact ranges.";
      if (refused) return fail(`TRUST_PROXY ${refused.problem}`, remedy);
      const proxied = publicUrl.protocol === "https:";
      if (trustProxy === false && proxied) {
        return fail("every client counts as the proxy, so strangers share their limits", remedy);
      }
      if (trustProxy === false) return pass("no proxy; forwarded headers are ignored");
      if (!proxied) return fail("there is no TLS proxy, so anybody can forge an address", remedy);
      const wide = Array.isArray(trustProxy)
        ? trustProxy.filter((range) => /\/[1-7]$/.test(range))
        : [];
      if (wide.length > 0) {
        return warn(`${wide.join(", ")}: whoever calls from there can forge an address`, remedy);
      }
      if (typeof trustProxy === "number" && trustProxy > 3) {
        return warn(`${trustProxy} hops are trusted; one too many lets anybody forge`, remedy);
      }
      return pass(`trusts ${Array.isArray(trustProxy) ? trustProxy.join(", ") : trustProxy}`);
    },
  },
  {
    id: "production.api-docs",
    title: "The API description is not served",
    group: "production",
    run(facts) {
      if (!facts.settings.config.apiDocs) return pass("off");
      const remedy = "Unset API_DOCS, or set it to off.";
      const inUse = facts.settings.config.production || isPublic(facts);
      return inUse
        ? fail("API_DOCS is on: the API is described to everybody", remedy)
        : pass("on, outside production and on loopback only");
    },
  },
  {
    id: "production.log-level",
    title: "The log neither tells too much nor nothing",
    group: "production",
    run({ settings: { config } }) {
      const { logLevel, production } = config;
      const remedy = "Set LOG_LEVEL=info.";
      if (["debug", "trace"].includes(logLevel)) {
        return production
          ? fail(`${logLevel} in production`, remedy)
          : warn(`${logLevel}: more than an operator needs`, remedy);
      }
      if (["silent", "fatal", "error"].includes(logLevel)) {
        return warn(`${logLevel}: refusals and warnings are not written`, remedy);
      }
      return pass(logLevel);
    },
  },
  {
    id: "production.sign-up",
    title: "Strangers cannot make accounts unseen",
    group: "production",
    run({ settings: { config } }) {
      if (config.signUp !== "open") return pass(config.signUp);
      return warn(
        config.signUpVerify
          ? "anybody with an address can make an account"
          : "anybody can make an account, and no address is verified",
        "Set SIGN_UP=invite, or closed.",
      );
    },
  },
  {
    id: "production.data-dir",
    title: "DATA_DIR does not depend on where Muniment is started",
    group: "production",
    run({ settings: { config } }) {
      if (config.dataDir.startsWith("/")) return pass("an absolute path");
      if (!config.production) return skip("outside production the default is fine");
      return warn(
        "it is relative: started elsewhere, Muniment begins with new secrets",
        "Set DATA_DIR to an absolute path.",
      );
    },
  },
  {
    id: "production.retention",
    title: "Events are kept for a time only",
    group: "production",
    run({ settings: { config } }) {
      const { eventRetentionDays: days } = config;
      if (days > 0) return pass(`${days} days`);
      return warn(
        "they are kept for ever, personal data in them too",
        "Set EVENT_RETENTION_DAYS to as long as they are needed.",
      );
    },
  },
];
