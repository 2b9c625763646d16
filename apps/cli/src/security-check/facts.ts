import type { Facts } from "@muniment/api/posture/facts.ts";
import type { ProjectFacts } from "./gather/project.ts";

/** What the checks judge when they are asked from a checkout. */
export type CheckoutFacts = Facts & { project: ProjectFacts };
