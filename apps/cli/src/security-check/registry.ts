import type { Check } from "@muniment/api/posture/check.ts";
import { installationChecks } from "@muniment/api/posture/registry.ts";
import { composeChecks } from "./checks/compose.ts";
import { dependencyChecks } from "./checks/dependencies.ts";
import { dockerfileChecks } from "./checks/dockerfile.ts";
import type { CheckoutFacts } from "./facts.ts";

/** Every check, in the order of the report. Each has a case that breaks it in `test/cases`. */
export const checks: readonly Check<CheckoutFacts>[] = [
  ...installationChecks,
  ...dependencyChecks,
  ...composeChecks,
  ...dockerfileChecks,
];
