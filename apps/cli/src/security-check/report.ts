import { printable } from "../send/report.ts";
import { type Check, type Finding, type Group, groups } from "./check.ts";

export type Judged = Finding & Pick<Check, "id" | "title" | "group">;

/** `{ checks: [{ id, title, status, detail, remedy }] }` on one line. */
export function jsonReport(judged: Judged[]): string {
  const checks = judged.map(({ id, title, status, detail, remedy }) => ({
    id,
    title,
    status,
    detail,
    remedy,
  }));
  return `${JSON.stringify({ checks })}\n`;
}

const marks: Record<Finding["status"], string> = {
  pass: "ok  ",
  warn: "WARN",
  fail: "FAIL",
  skip: "-   ",
};

function lines({ status, title, detail, remedy, id }: Judged): string[] {
  const first = `  ${marks[status]} ${title}: ${printable(detail, 1000)}`;
  if (status === "pass") return [first];
  return [first, `       Remedy: ${printable(remedy, 1000)}  [${id}]`];
}

/** Many checks are skipped for the same reason, which is then told once. */
function skipped(members: Judged[]): string[] {
  const byReason = new Map<string, number>();
  for (const { status, detail } of members) {
    if (status === "skip") byReason.set(detail, (byReason.get(detail) ?? 0) + 1);
  }
  return [...byReason].map(([reason, count]) => {
    return `  ${marks.skip} ${count === 1 ? "1 check" : `${count} checks`}: ${printable(reason, 1000)}`;
  });
}

/** The findings by group, and how many there are of each kind. */
export function textReport(judged: Judged[]): string {
  const sections = (Object.keys(groups) as Group[]).flatMap((group) => {
    const members = judged.filter((one) => one.group === group);
    if (members.length === 0) return [];
    const judgedOnes = members.filter(({ status }) => status !== "skip");
    return [groups[group], ...judgedOnes.flatMap(lines), ...skipped(members), ""];
  });
  const count = (status: Finding["status"]) => judged.filter((one) => one.status === status).length;
  const total = `${count("pass")} passed, ${count("warn")} warnings, ${count("fail")} failed, ${count("skip")} do not apply`;
  return `${[...sections, total].join("\n")}\n`;
}
