import type { CheckoutFacts } from "../../facts.ts";
import { byEnv, byFacts, type Cases } from "../case.ts";

const withPackage =
  (name: string, version: string, verified = true) =>
  ({ project }: CheckoutFacts) => {
    project.packages = { content: [{ name, version, verified }] };
  };
const node = (version: string, status: "warn" | "fail") =>
  byFacts(({ runtime }) => {
    runtime.nodeVersion = version;
  }, status);

export const runtimeCases: Cases = {
  "runtime.node-version": {
    breaks: {
      "too old": node("20.18.1", "fail"),
      "past its end": node("20.20.2", "warn"),
      "a line without long-term support": node("25.1.0", "warn"),
    },
  },
  "runtime.tls-verification": { breaks: { off: byEnv({ NODE_TLS_REJECT_UNAUTHORIZED: "0" }) } },
  "runtime.node-options": {
    breaks: {
      "a debugger": byEnv({ NODE_OPTIONS: "--enable-source-maps --inspect=0.0.0.0:9229" }),
      "a lenient parser": byEnv({ NODE_OPTIONS: "--insecure-http-parser" }),
    },
  },
  "dependencies.advisories": {
    breaks: {
      "below the floor": byFacts(withPackage("drizzle-orm", "0.45.1")),
      "below the floor of its own line": byFacts(withPackage("fast-uri", "4.1.3")),
      "in a line that has no fix": byFacts(withPackage("glob", "9.3.5")),
      "accepted, with a reason": byFacts((facts) => {
        withPackage("left-pad", "1.0.0")(facts);
        const accepted = { "1.0.0": "only the tests load it" };
        const floor = { package: "left-pad", minimum: ["1.3.0"], reason: "a hole", accepted };
        facts.project.floors = { content: [floor] };
      }, "warn"),
      "a list that cannot be read": byFacts(({ project }) => {
        project.floors = { problem: "Unexpected token" };
      }),
    },
  },
  "dependencies.verified": {
    breaks: { "from an address": byFacts(withPackage("left-pad", "1.3.0", false)) },
  },
  "dependencies.install-scripts": {
    breaks: {
      "a package": byFacts(({ project }) => {
        project.builds = {
          content: { allowBuilds: { esbuild: true }, dangerouslyAllowAllBuilds: false },
        };
      }),
      "every package": byFacts(({ project }) => {
        project.builds = { content: { allowBuilds: {}, dangerouslyAllowAllBuilds: true } };
      }),
    },
  },
};
