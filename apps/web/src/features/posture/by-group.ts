import {
  type CheckGroup,
  checkGroups,
  checkStatuses,
  type JudgedCheck,
} from "@muniment/shared/posture.ts";

/** How urgent a check is: failing first. */
const rank = ({ status }: JudgedCheck) => checkStatuses.indexOf(status);

/** Groups with their checks, in both the most urgent first, else in the order of the server. */
export function byGroup(checks: readonly JudgedCheck[]) {
  return (Object.keys(checkGroups) as CheckGroup[])
    .map((group) => ({
      group,
      title: checkGroups[group],
      checks: checks.filter((check) => check.group === group).sort((a, b) => rank(a) - rank(b)),
    }))
    .filter(({ checks: [first] }) => first !== undefined)
    .sort(({ checks: [a] }, { checks: [b] }) => (a && b ? rank(a) - rank(b) : 0));
}
