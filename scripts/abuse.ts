import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type AbuseRule, abuseRules } from "../packages/shared/src/abuse-rules.ts";

const target = fileURLToPath(new URL("../docs/abuse.md", import.meta.url));

const nouns: Record<AbuseRule["per"], string> = {
  address: "of one address",
  network: "of one network",
  account: "about one account",
  key: "with one API key",
  limit: "of one limit",
  reader: "by one reader",
  everyone: "all together",
};

function threshold({ per, least, windowMinutes, followedBy, forgives }: AbuseRule): string {
  const counts = [
    ...(least.times === undefined ? [] : [least.times === 1 ? "once" : `${least.times} times`]),
    ...(least.subjects === undefined ? [] : [`${least.subjects} different`]),
    ...(least.addresses === undefined ? [] : [`${least.addresses} addresses`]),
  ];
  const next = followedBy
    ? `, then \`${followedBy.signal}\` from the same address by ${followedBy.by === "same" ? "the same" : "any"} account`
    : "";
  const but = forgives ? "; not where the owner got in from there" : "";
  return `${counts.join(", ")} in ${windowMinutes} min${followedBy ? "" : ` ${nouns[per]}`}${next}${but}`;
}

/** The text of the table of docs/abuse.md. */
export function abuseTable(): string {
  const rows = Object.entries(abuseRules as Record<string, AbuseRule>).map(([name, rule]) => {
    const sees = typeof rule.sees === "string" ? [rule.sees] : rule.sees;
    const cells = [
      `\`${name}\`: ${rule.title}`,
      rule.severity,
      sees.map((signal) => `\`${signal}\``).join(", "),
      threshold(rule),
      rule.ordinary,
      rule.advice,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| rule | severity | sees | at least | what ordinary thing looks like it | what to do |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

const marks = ["<!-- rules -->", "<!-- end of rules -->"] as const;

/** The document with its table as the rules are now. */
export function abuseDocument(text: string): string {
  const [before = "", rest = ""] = text.split(marks[0]);
  const after = rest.split(marks[1])[1] ?? "";
  return `${before}${marks[0]}\n\n${abuseTable()}\n\n${marks[1]}${after}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(target, abuseDocument(readFileSync(target, "utf8")));
}
