import type { Check } from "./check.ts";
import { accountChecks } from "./checks/accounts.ts";
import { composeChecks } from "./checks/compose.ts";
import { databaseAccessChecks } from "./checks/database-access.ts";
import { databaseRoleChecks } from "./checks/database-role.ts";
import { databaseServerChecks } from "./checks/database-server.ts";
import { dependencyChecks } from "./checks/dependencies.ts";
import { dockerfileChecks } from "./checks/dockerfile.ts";
import { fileChecks } from "./checks/files.ts";
import { limitChecks } from "./checks/limits.ts";
import { originChecks } from "./checks/origins.ts";
import { productionChecks } from "./checks/production.ts";
import { runtimeChecks } from "./checks/runtime.ts";
import { secretChecks } from "./checks/secrets.ts";
import { serviceChecks } from "./checks/services.ts";

/** Every check, in the order of the report. Each has a case that breaks it in `test/cases`. */
export const checks: readonly Check[] = [
  ...secretChecks,
  ...productionChecks,
  ...originChecks,
  ...accountChecks,
  ...limitChecks,
  ...databaseAccessChecks,
  ...databaseRoleChecks,
  ...databaseServerChecks,
  ...serviceChecks,
  ...fileChecks,
  ...runtimeChecks,
  ...dependencyChecks,
  ...composeChecks,
  ...dockerfileChecks,
];
