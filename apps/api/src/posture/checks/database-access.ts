import { X509Certificate } from "node:crypto";
import { type Check, fail, failIfAny, pass, skip, warn } from "../check.ts";
import { passwordProblem } from "./password-problem.ts";

const month = 30 * 86_400_000;

/** The certificates of a PEM bundle; @throws when one cannot be read. */
function certificatesOf(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

export const databaseAccessChecks: Check[] = [
  {
    id: "database.reachable",
    title: "The database answers the application",
    group: "database",
    run({ database: { live, external } }) {
      if ("database" in live) return pass(`as ${live.database.role}`);
      return external
        ? fail(live.problem, "Start it, and correct DATABASE_URL and the certificates.")
        : skip(live.problem, "Run this beside the running server.");
    },
  },
  {
    id: "database.tls",
    title: "The way to the database is encrypted and verified",
    group: "database",
    run({ settings, database: { external, live } }) {
      if (!external?.remote) return pass("it does not leave this machine");
      const remedy =
        "Add ?sslmode=verify-full to DATABASE_URL and DATABASE_OWNER_URL, and DATABASE_CA_FILE for a private authority.";
      const refused = settings.problems.find(
        ({ variable, problem }) => variable.startsWith("DATABASE_") && problem.includes("TLS"),
      );
      if (refused) return fail(`${refused.variable} ${refused.problem}`, remedy);
      if (!external.tls) return fail("passwords and events travel in the clear", remedy);
      if ("problem" in live) return pass("required; the database was not reached");
      return pass(live.database.encryption ?? "required");
    },
  },
  {
    id: "database.authority-expiry",
    title: "The database's certificate authority is valid for a while",
    group: "database",
    run({ now, database: { external } }) {
      if (!external?.tls) return skip("no TLS to an external database");
      if (external.authority === "") return skip("the system's authorities are used");
      const remedy = "Put the new authority's certificate into the file DATABASE_CA_FILE names.";
      try {
        const found = certificatesOf(external.authority);
        if (found.length === 0) return fail("DATABASE_CA holds no certificate", remedy);
        // In a bundle during a change the newest one counts.
        const end = new Date(Math.max(...found.map(({ validTo }) => Date.parse(validTo))));
        const day = end.toISOString().slice(0, 10);
        const left = end.getTime() - now.getTime();
        if (left <= 0) return fail(`expired on ${day}`, remedy);
        return left < month ? warn(`expires on ${day}`, remedy) : pass(`valid until ${day}`);
      } catch (error) {
        return fail(`DATABASE_CA cannot be read: ${(error as Error).message}`, remedy);
      }
    },
  },
  {
    id: "database.password",
    title: "The database's password is not guessable",
    group: "database",
    run({ database: { external } }) {
      if (!external) return pass("generated, and only a private socket takes it");
      if (!external.remote) return skip("reached on this machine");
      const problem = passwordProblem(external.password, external.username);
      return failIfAny(
        problem ? [`the password in DATABASE_URL ${problem}`] : [],
        "long enough",
        "ALTER ROLE ... PASSWORD with the output of: openssl rand -hex 24",
      );
    },
  },
  {
    id: "database.embedded-listens",
    title: "The embedded database listens on no network",
    group: "database",
    run({ database: { embedded, live } }) {
      if (!embedded) return skip("the database is external");
      if ("problem" in live) return skip(live.problem, "Run this beside the running server.");
      const addresses = live.database.settings.listen_addresses ?? "";
      return failIfAny(
        addresses === "" ? [] : [`listen_addresses is ${addresses}`],
        "on a unix socket only",
        "Start it by Muniment only, which sets listen_addresses to nothing.",
      );
    },
  },
  {
    id: "database.embedded-files",
    title: "The embedded database's files are private",
    group: "database",
    run({ database: { embedded } }) {
      if (!embedded) return skip("the database is external");
      if (!embedded.directory) return skip("it has not been made, or is out of this user's sight");
      const found = [embedded.directory, embedded.socketDirectory].filter((fact) => fact !== null);
      const open = found.filter(({ mode }) => (mode & 0o077) !== 0);
      return failIfAny(
        open.map(({ path, mode }) => `${path} has mode 0${mode.toString(8)}`),
        found.map(({ path, mode }) => `${path} 0${mode.toString(8)}`).join(", "),
        "Stop Muniment, chmod 0700 each of them, and start it again.",
      );
    },
  },
];
