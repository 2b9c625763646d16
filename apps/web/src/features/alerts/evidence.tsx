import { type AbuseRule, type AbuseRuleName, abuseRules } from "@muniment/shared/abuse-rules.ts";
import { type Alert, verdict } from "@muniment/shared/alerts.ts";
import { Link } from "@tanstack/react-router";
import { utc } from "../../ui/date-time.tsx";

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

const subjectNouns: Record<AbuseRule["per"], string> = {
  address: "Address",
  network: "Network",
  account: "Account",
  key: "API key",
  limit: "Limit",
  reader: "Reader",
  everyone: "All",
};

const isRule = (kind: string): kind is AbuseRuleName => Object.hasOwn(abuseRules, kind);

/** What a verdict of the abuse engine rests on, what else it could be, and the way to the audit log of that time. */
export function Evidence({ alert }: { alert: Alert }) {
  const details = verdict.safeParse(alert.details);
  if (!isRule(alert.kind) || !details.success) return null;
  const rule: AbuseRule = abuseRules[alert.kind];
  const { subject, times, subjects, addresses, from, since } = details.data;
  const others = addresses - from.length;
  const facts = [
    counted(times, "time"),
    ...(subjects > 1 ? [`${subjects} different`] : []),
    ...(addresses > 0 ? [`from ${counted(addresses, "address", "addresses")}`] : []),
    `within ${counted(rule.windowMinutes, "minute")}`,
  ];
  return (
    <dl className="mt-1 grid max-w-prose grid-cols-[auto_1fr] gap-x-2 text-xs break-words">
      {subject !== null && (
        <>
          <dt className="text-faint">{subjectNouns[rule.per]}</dt>
          <dd className="break-all">{subject}</dd>
        </>
      )}
      <dt className="text-faint">Seen</dt>
      <dd>
        {facts.join(", ")}
        {from.length > 0 && rule.per !== "address" && (
          <span className="break-all">
            : {from.join(", ")}
            {others > 0 && ` and ${others} more`}
          </span>
        )}
      </dd>
      <dt className="text-faint">Time</dt>
      <dd>
        {utc(since)} to {utc(alert.lastSeenAt)},{" "}
        <Link to="/admin/audit" search={{ from: since, to: after(alert) }} className="underline">
          audit log of then
        </Link>
      </dd>
      <dt className="text-faint">Or else</dt>
      <dd>{rule.ordinary}</dd>
    </dl>
  );
}

/** Refusals of a minute are one entry, which stands at its first. */
const after = ({ lastSeenAt }: Alert) => new Date(Date.parse(lastSeenAt) + 1).toISOString();
