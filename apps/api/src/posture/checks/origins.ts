import { isLoopback } from "../../config.ts";
import { type Check, fail, failIfAny, pass, skip } from "../check.ts";

/** The name and the attributes, lower case, of a Set-Cookie value. */
function readCookie(text: string) {
  const [pair = "", ...attributes] = text.split(";").map((part) => part.trim());
  return {
    name: pair.slice(0, pair.indexOf("=")),
    attributes: attributes.map((attribute) => attribute.toLowerCase()),
  };
}

const report = "This is the server's own doing: report it as SECURITY.md says.";

export const originChecks: Check[] = [
  {
    id: "cors.exact-origins",
    title: "Other sites that may call are named exactly",
    group: "origins",
    run({ settings: { problems, config } }) {
      const refused = problems.filter(({ variable }) => variable === "CORS_ORIGINS");
      const good = config.corsOrigins.length === 0 ? "none" : config.corsOrigins.join(", ");
      return failIfAny(
        refused.map(({ problem }) => `CORS_ORIGINS ${problem}`),
        good,
        "List exact origins in CORS_ORIGINS, such as https://app.example.com, or unset it.",
      );
    },
  },
  {
    id: "cors.https-origins",
    title: "Other sites that may call use https",
    group: "origins",
    run({ settings: { config } }) {
      const plain = config.corsOrigins.filter((origin) => {
        const { protocol, hostname } = new URL(origin);
        const isTrusted = isLoopback(hostname) && !config.production;
        return protocol !== "https:" && !isTrusted;
      });
      return failIfAny(
        plain.map((origin) => `whoever can change the traffic of ${origin} can act as its users`),
        config.corsOrigins.length === 0 ? "none" : "each uses https",
        "Use the https origin in CORS_ORIGINS, and no loopback origin in production.",
      );
    },
  },
  {
    id: "cookie.host-bound",
    title: "The session cookie is bound to this host and to https",
    group: "origins",
    run({ settings: { config, setCookie } }) {
      if (config.publicUrl.protocol !== "https:") return skip("plain http on loopback");
      const { name, attributes } = readCookie(setCookie);
      const bound =
        name.startsWith("__Host-") &&
        attributes.includes("secure") &&
        attributes.includes("path=/") &&
        !attributes.some((attribute) => attribute.startsWith("domain="));
      return bound ? pass(name) : fail(`${name}: ${attributes.join("; ")}`, report);
    },
  },
  {
    id: "cookie.script-proof",
    title: "No script and no other site can use the session cookie",
    group: "origins",
    run({ settings: { setCookie } }) {
      const { attributes } = readCookie(setCookie);
      const missing = ["httponly", "samesite=strict"].filter((name) => !attributes.includes(name));
      return failIfAny(
        missing.map((name) => `${name} is missing`),
        "HttpOnly, SameSite=Strict",
        report,
      );
    },
  },
];
