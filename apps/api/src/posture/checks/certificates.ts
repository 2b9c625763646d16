import type { CertificateFact } from "../../egress/read-certificate.ts";
import { type Check, type Finding, fail, pass, skip, warn } from "../check.ts";
import type { CertificatesFacts } from "../gather/certificates.ts";

const month = 30 * 86_400_000;
/** What is renewed by itself has been by then, for however short a time it is given. */
const lastPart = 1 / 5;

function judgeCertificate(fact: CertificateFact, now: Date, remedy: string): Finding {
  if ("problem" in fact) {
    const { problem } = fact;
    if (problem === "CERT_HAS_EXPIRED") return fail("it has expired", remedy);
    return /CERT|SIGNATURE|ISSUER/.test(problem) && problem !== "NO_CERTIFICATE"
      ? warn(`it is not trusted from here (${problem})`, remedy)
      : skip(`it cannot be seen from here (${problem})`);
  }
  const day = fact.to.toISOString().slice(0, 10);
  const left = fact.to.getTime() - now.getTime();
  if (left <= 0) return fail(`expired on ${day}`, remedy);
  const soon = Math.min(month, (fact.to.getTime() - fact.from.getTime()) * lastPart);
  return left < soon ? warn(`expires on ${day}`, remedy) : pass(`valid until ${day}`);
}

const certificate = (
  id: keyof CertificatesFacts,
  title: string,
  none: string,
  remedy: string,
): Check => ({
  id: `certificates.${id === "publicUrl" ? "public-url" : id}`,
  title,
  group: "certificates",
  run({ certificates, now }) {
    const fact = certificates[id];
    return fact ? judgeCertificate(fact, now, remedy) : skip(none);
  },
});

export const certificateChecks: Check[] = [
  certificate(
    "publicUrl",
    "The certificate of PUBLIC_URL is valid for a while",
    "plain http on loopback",
    "Renew it at the proxy in front, and find out why that did not happen by itself.",
  ),
  certificate(
    "database",
    "The database's own certificate is valid for a while",
    "no TLS to an external database",
    "Give the database a new certificate; deploy/make-secrets.sh makes one.",
  ),
  certificate(
    "redis",
    "The certificate of Redis is valid for a while",
    "no TLS to Redis",
    "Give Redis a new certificate; deploy/make-secrets.sh makes one.",
  ),
];
