import type { LogReport } from "@muniment/api/audit/verify-log.ts";

const count = (value: number, noun: string) =>
  `${value.toLocaleString("en")} ${value === 1 ? noun : noun.replace(/y$/, "ie")}${value === 1 ? "" : "s"}`;

const entries = (value: number) => count(value, "entry");

/** How far the answer reaches, in sentences. */
function* reach({
  verified,
  confirmed,
  cosigned,
  witnesses,
  unsealed,
  late,
  erased,
  olderKeys,
}: LogReport): Generator<string> {
  if (confirmed < verified) {
    yield `Nothing outside the database confirms the entries from ${confirmed} on: whoever holds the database and the signing key could have written them anew.`;
  } else if (verified > 0) {
    yield "What is kept outside the database confirms all of them.";
  }
  if (cosigned > confirmed) {
    yield `The database holds cosignatures over ${entries(cosigned)}, of ${witnesses.join(", ")}: they confirm them once you give a key that you have from elsewhere as --witness-key.`;
  }
  if (unsealed > 0) yield `${entries(unsealed)} more wait for a place in the log.`;
  if (late) {
    yield `${entries(late.count)} were sealed more than 10 minutes after the time they tell, the first at ${late.first}: the server was down, or they were entered later.`;
  }
  if (erased > 0) {
    yield `${entries(erased)} ${erased === 1 ? "tells" : "tell"} of people who were erased; the log says when.`;
  }
  if (olderKeys > 0) {
    yield `${count(olderKeys, "earlier checkpoint")} were signed with older keys only.`;
  }
}

export function textReport(report: LogReport): string {
  const { wrong, origin, verified } = report;
  if (wrong) {
    const place = wrong.index === null ? "" : `first wrong index ${wrong.index}: `;
    const before = Math.min(verified, wrong.index ?? verified);
    return `FAIL  ${place}${wrong.reason}\n      ${entries(before)} before it ${before === 1 ? "is" : "are"} what was sealed.\n`;
  }
  const lines = [`${origin}: ${entries(verified)} verified.`, ...reach(report)];
  return `ok    ${lines.join("\n      ")}\n`;
}

export const jsonReport = (report: LogReport) =>
  `${JSON.stringify({ ok: report.wrong === null, ...report }, null, 2)}\n`;
