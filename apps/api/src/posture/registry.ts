import type { Check } from "./check.ts";
import { accountChecks } from "./checks/accounts.ts";
import { apiKeyChecks } from "./checks/api-keys.ts";
import { auditChecks } from "./checks/audit-log.ts";
import { certificateChecks } from "./checks/certificates.ts";
import { databaseAccessChecks } from "./checks/database-access.ts";
import { databaseRoleChecks } from "./checks/database-role.ts";
import { databaseServerChecks } from "./checks/database-server.ts";
import { diskChecks } from "./checks/disks.ts";
import { fileChecks } from "./checks/files.ts";
import { limitChecks } from "./checks/limits.ts";
import { originChecks } from "./checks/origins.ts";
import { productionChecks } from "./checks/production.ts";
import { runtimeChecks } from "./checks/runtime.ts";
import { secretChecks } from "./checks/secrets.ts";
import { serviceChecks } from "./checks/services.ts";

/**
 * Every check that a server can make of itself, in the order of the report. Each has a case that breaks
 * it in `apps/cli/src/security-check/test/cases`, where those of a checkout are added.
 */
export const installationChecks: readonly Check[] = [
  ...secretChecks,
  ...productionChecks,
  ...originChecks,
  ...accountChecks,
  ...apiKeyChecks,
  ...limitChecks,
  ...auditChecks,
  ...databaseAccessChecks,
  ...databaseRoleChecks,
  ...databaseServerChecks,
  ...serviceChecks,
  ...certificateChecks,
  ...fileChecks,
  ...diskChecks,
  ...runtimeChecks,
];
