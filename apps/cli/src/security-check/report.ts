import {
  type CheckGroup,
  type CheckStatus,
  checkGroups,
  type JudgedCheck,
} from "@muniment/shared/posture.ts";
import { printable } from "../send/report.ts";

/** `{ checks: [{ id, title, status, detail, remedy }] }` on one line. */
export function jsonReport(judged: JudgedCheck[]): string {
  const checks = judged.map(({ id, title, status, detail, remedy }) => ({
    id,
    title,
    status,
    detail,
    remedy,
  }));
  return `${JSON.stringify({ checks })}\n`;
}

const marks: Record<CheckStatus, string> = {
  pass: "ok  ",
  warn: "WARN",
  fail: "FAIL",
  skip: "-   ",
};

function lines({ status, title, detail, remedy, id }: JudgedCheck): string[] {
  const first = `  ${marks[status]} ${title}: ${printable(detail, 1000)}`;
  if (status === "pass") return [first];
  return [first, `       Remedy: ${printable(remedy, 1000)}  [${id}]`];
}

/** Many checks are skipped for the same reason, which is then told once. */
function skipped(members: JudgedCheck[]): string[] {
  const byReason = new Map<string, number>();
  for (const { status, detail } of members) {
    if (status === "skip") byReason.set(detail, (byReason.get(detail) ?? 0) + 1);
  }
  return [...byReason].map(([reason, count]) => {
    return `  ${marks.skip} ${count === 1 ? "1 check" : `${count} checks`}: ${printable(reason, 1000)}`;
  });
}

/** The findings by group, and how many there are of each kind. */
export function textReport(judged: JudgedCheck[]): string {
  const sections = (Object.keys(checkGroups) as CheckGroup[]).flatMap((group) => {
    const members = judged.filter((one) => one.group === group);
    if (members.length === 0) return [];
    const judgedOnes = members.filter(({ status }) => status !== "skip");
    return [checkGroups[group], ...judgedOnes.flatMap(lines), ...skipped(members), ""];
  });
  const count = (status: CheckStatus) => judged.filter((one) => one.status === status).length;
  const total = `${count("pass")} passed, ${count("warn")} warnings, ${count("fail")} failed, ${count("skip")} do not apply`;
  return `${[...sections, total].join("\n")}\n`;
}
