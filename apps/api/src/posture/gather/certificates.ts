import { openDatabaseSocket } from "@muniment/db/database-socket.ts";
import {
  type CertificateFact,
  openVerified,
  readCertificate,
} from "../../egress/read-certificate.ts";
import type { SettingsFacts } from "./settings.ts";

/** Null where there is no certificate to watch. */
export type CertificatesFacts = {
  publicUrl: CertificateFact | null;
  database: CertificateFact | null;
  redis: CertificateFact | null;
};

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, "");

function ofUrl(url: URL | null, protocol: string, port: number) {
  if (url?.protocol !== protocol) return null;
  return readCertificate(() => openVerified(bare(url.hostname), Number(url.port) || port));
}

/** Which certificates the installation is reached by, and reaches others by. */
export async function readCertificates(settings: SettingsFacts): Promise<CertificatesFacts> {
  const { config, database, redisUrl } = settings;
  const facts = database && (database.app ?? database.owner);
  const hasTls = facts?.tls !== undefined && !facts.host.startsWith("/");
  const [publicUrl, ofDatabase, redis] = await Promise.all([
    ofUrl(config.publicUrl, "https:", 443),
    hasTls ? readCertificate(() => openDatabaseSocket(facts)) : null,
    ofUrl(redisUrl === null ? null : new URL(redisUrl), "rediss:", 6379),
  ]);
  return { publicUrl, database: ofDatabase, redis };
}
