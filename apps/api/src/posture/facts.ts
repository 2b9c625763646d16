import type { CertificatesFacts } from "./gather/certificates.ts";
import type { DatabaseFacts } from "./gather/database.ts";
import type { DiskFact } from "./gather/disks.ts";
import type { FilesFacts } from "./gather/files.ts";
import type { RuntimeFacts } from "./gather/runtime.ts";
import type { SettingsFacts } from "./gather/settings.ts";

/** Everything the checks of an installation judge. Gathering it changes nothing. */
export type Facts = {
  now: Date;
  settings: SettingsFacts;
  runtime: RuntimeFacts;
  files: FilesFacts;
  disks: DiskFact[];
  database: DatabaseFacts;
  certificates: CertificatesFacts;
};
