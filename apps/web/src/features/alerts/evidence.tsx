import {
  type AbuseRule,
  type AbuseRuleName,
  abuseRules,
  type Signal,
} from "@muniment/shared/abuse-rules.ts";
import { type Alert, type Verdict, verdict } from "@muniment/shared/alerts.ts";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { DateTime } from "../../ui/date-time.tsx";
import type { AuditFilters } from "../audit/audit-search.ts";
import { limitMeanings, parseLimitTarget } from "../limits/limit-target.ts";

const counted = (count: number, one: string, many = `${one}s`) =>
  `${count} ${count === 1 ? one : many}`;

/** What a rule counts the different ones of; of all others there is only one. */
const differentNouns: Partial<Record<Signal | "data.read", string>> = {
  sign_in_failed: "accounts",
  code_failed: "accounts",
  key_unknown: "keys",
  token_wrong: "tokens",
  probe: "kinds",
  "data.read": "people",
};

const subjectNouns: Record<AbuseRule["per"], string> = {
  address: "Address",
  network: "Network",
  account: "Account",
  key: "API key",
  limit: "Limit",
  reader: "Reader",
  everyone: "All",
};

/** Said of the one alert that stands for all beyond those of their own. */
const rest = "others, counted together";

const isRule = (kind: string): kind is AbuseRuleName => Object.hasOwn(abuseRules, kind);

/** What a verdict of the abuse engine rests on, what else it could be, and the way to the audit log of that time. */
export function Evidence({ alert }: { alert: Alert }) {
  const details = verdict.safeParse(alert.details);
  if (!isRule(alert.kind) || !details.success) return null;
  const rule: AbuseRule = abuseRules[alert.kind];
  const { since } = details.data;
  const about = subjectOf(rule, alert, details.data);
  return (
    <dl className="mt-1.5 grid max-w-prose grid-cols-[4.5rem_minmax(0,1fr)] gap-x-2 gap-y-0.5 text-xs wrap-anywhere">
      {about && <Fact term={subjectNouns[rule.per]}>{about}</Fact>}
      <Fact term="Seen">
        <Seen rule={rule} details={details.data} />
      </Fact>
      <Fact term="Time">
        <Period since={since} until={alert.lastSeenAt} /> (
        <Link
          to="/admin/audit"
          search={{ ...entriesOf(rule, alert, details.data), from: since, to: after(alert) }}
          className="underline"
        >
          audit log of that time
        </Link>
        )
      </Fact>
      <Fact term="If harmless">{rule.ordinary}</Fact>
    </dl>
  );
}

function Fact({ term, children }: { term: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-faint">{term}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** What the rule is about where the alert names no user; null where it is about everyone. */
function subjectOf(
  { per }: AbuseRule,
  { user, key }: Alert,
  { subject, from }: Verdict,
): ReactNode {
  if (per === "everyone" || per === "reader") return null;
  if (per === "account") {
    if (user) return null;
    return from.length > 0 ? "none that exists here" : rest;
  }
  if (subject === null) return rest;
  if (per === "key") {
    return (
      <Link to="/admin/audit" search={{ targetId: subject }} className="underline">
        {key ? (
          <>
            {key.name} <span className="font-mono">{key.prefix}…</span>
          </>
        ) : (
          <span className="font-mono">{subject}</span>
        )}
      </Link>
    );
  }
  const limit = per === "limit" && parseLimitTarget(subject);
  if (!limit) return subject;
  return (
    <Link to="/admin/limits" className="underline">
      {limitMeanings[limit.class]}
      {limit.procedure && `, ${limit.procedure}`}
    </Link>
  );
}

/** What the audit log is narrowed to, where it has entries of what the rule saw. */
function entriesOf({ sees, per }: AbuseRule, { user }: Alert, { subject }: Verdict): AuditFilters {
  if (sees === "data.read") return { actorId: user?.id, actions: ["data.read"] };
  if (sees.includes("code_failed")) return { actions: ["sign_in.refused"] };
  if (sees.includes("not_permitted") || sees.includes("new_device")) return { actorId: user?.id };
  if (per === "limit" && subject) return { targetId: subject };
  return {};
}

function Seen({ rule: { sees, per }, details }: { rule: AbuseRule; details: Verdict }) {
  const { times, subjects, addresses, from } = details;
  const noun = differentNouns[typeof sees === "string" ? sees : (sees[0] ?? "probe")];
  const facts = [
    counted(times, "time"),
    ...(subjects > 1 && noun ? [`${subjects} different ${noun}`] : []),
    ...(addresses > from.length ? [`from ${counted(addresses, "address", "addresses")}`] : []),
  ].join(", ");
  if (per === "address" || from.length === 0) return facts;
  const others = addresses - from.length;
  return (
    <>
      {facts}
      {others > 0 ? ": " : ", from "}
      {from.map((address, at) => (
        <span key={address}>
          {at > 0 && ", "}
          <span className="inline-block">{address}</span>
        </span>
      ))}
      {others > 0 && ` and ${counted(others, "other")}`}
    </>
  );
}

/** From when to when, or the one time: the day again only where it is another. */
function Period({ since, until }: { since: string; until: string }) {
  const first = <DateTime value={since} format="absolute" />;
  if (since.slice(0, 19) === until.slice(0, 19)) return first;
  const isSameDay = new Date(since).toDateString() === new Date(until).toDateString();
  return (
    <>
      {first} to <DateTime value={until} format={isSameDay ? "clock" : "absolute"} />
    </>
  );
}

/** Refusals of a minute are one entry, which stands at its first. */
const after = ({ lastSeenAt }: Alert) => new Date(Date.parse(lastSeenAt) + 1).toISOString();
