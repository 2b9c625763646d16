import type { FormatName } from "@muniment/log-formats/format.ts";
import { addsUp, type Tally } from "./tally.ts";

export type Outcome = {
  file: string;
  format: FormatName;
  tally: Tally;
  seconds: number;
  /** Why sending ended early. */
  problem: string | undefined;
};

const shownRejections = 10;

/** The account of a run for people. */
export function textReport({ file, format, tally, seconds, problem }: Outcome): string {
  const { sent, accepted, duplicates, rejected, unparsed, unrecognised, blank } = tally;
  const lines = [
    `${printable(file)} (${format}): ${tally.lines} lines${span(tally)}`,
    `sent ${sent} ${addsUp(tally) ? "=" : "is NOT"} accepted ${accepted} + duplicates ${duplicates} + rejected ${rejected}`,
  ];
  if (!addsUp(tally)) lines.push("The server's answers do not account for every event.");
  if (unparsed > 0) lines.push(`${unparsed} lines could not be read`);
  if (unrecognised > 0) {
    const which =
      unrecognised === tally.events ? "None of the lines has" : `${unrecognised} lines do not have`;
    lines.push(`${which} the form of ${format}, so all that is known of them is their text.`);
    if (unrecognised === tally.events) lines.push("Is it another --format?");
  }
  if (blank > 0) lines.push(`${blank} lines are blank`);
  lines.push(`${tally.batches} batches, ${tally.retries} retries, ${seconds.toFixed(2)} s`);
  for (const { line, reason, message } of tally.rejections.slice(0, shownRejections)) {
    lines.push(`  line ${line}: ${printable(reason)}: ${printable(message)}`);
  }
  const more = rejected + unparsed - shownRejections;
  if (more > 0) lines.push(`  and ${more} more`);
  if (tally.backwards !== undefined) {
    lines.push(
      `Line ${tally.backwards} is dated over a week before the line above it. If the log is longer than a year, give --year.`,
    );
  }
  if (problem !== undefined) {
    lines.push(
      printable(problem, 1000),
      `Not sent: ${tally.events - sent} events read up to line ${tally.lines}, and every line after it.`,
      "Run the same command again: what is stored already will count as duplicates.",
    );
  }
  return `${lines.join("\n")}\n`;
}

/** The account of a run for programs: one object on one line. */
export function jsonReport({ file, format, tally, seconds, problem }: Outcome): string {
  const {
    lines,
    blank,
    unrecognised,
    sent,
    accepted,
    duplicates,
    rejected,
    unparsed,
    batches,
    retries,
  } = tally;
  const report = {
    file,
    format,
    lines,
    sent,
    accepted,
    duplicates,
    rejected,
    unparsed,
    unrecognised,
    blank,
    notSent: tally.events - sent,
    addsUp: addsUp(tally),
    batches,
    retries,
    seconds: Number(seconds.toFixed(3)),
    from: time(tally.from),
    to: time(tally.to),
    rejections: tally.rejections,
    problem: problem ?? null,
  };
  return `${JSON.stringify(report)}\n`;
}

/** Text of others made harmless for a terminal, whose control sequences it could hold. */
export function printable(text: string, max = 300): string {
  const shown = text.length > max ? `${text.slice(0, max)}…` : text;
  return shown.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\ufffd");
}

function span({ from, to }: Tally): string {
  return from === undefined ? "" : `, from ${time(from)} to ${time(to)}`;
}

function time(milliseconds: number | undefined): string | null {
  if (milliseconds === undefined) return null;
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
