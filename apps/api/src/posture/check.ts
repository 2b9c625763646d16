import type { CheckGroup, JudgedCheck } from "@muniment/shared/posture.ts";
import type { Facts } from "./facts.ts";

export type Finding = Pick<JudgedCheck, "status" | "detail" | "remedy">;

/** One question about an installation, answered from facts alone. */
export type Check<F extends Facts = Facts> = {
  id: string;
  title: string;
  group: CheckGroup;
  run(facts: F): Finding;
};

export const pass = (detail: string): Finding => ({ status: "pass", detail, remedy: "" });
/** What is asked about is not there, or could not be seen. */
export const skip = (detail: string, remedy = ""): Finding => ({ status: "skip", detail, remedy });
export const warn = (detail: string, remedy: string): Finding => ({
  status: "warn",
  detail,
  remedy,
});
export const fail = (detail: string, remedy: string): Finding => ({
  status: "fail",
  detail,
  remedy,
});

/** Fails with everything that is wrong, or passes. */
export function failIfAny(wrong: string[], good: string, remedy: string): Finding {
  return wrong.length > 0 ? fail(wrong.join("; "), remedy) : pass(good);
}

/** Every finding, in the order of the checks. */
export function judge<F extends Facts>(all: readonly Check<F>[], facts: F): JudgedCheck[] {
  return all.map(({ id, title, group, run }) => ({ id, group, title, ...run(facts) }));
}
