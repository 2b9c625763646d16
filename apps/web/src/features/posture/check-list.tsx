import type { JudgedCheck } from "@muniment/shared/posture.ts";
import { ShieldCheck } from "lucide-react";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { byGroup } from "./by-group.ts";
import { CureLink } from "./cure-link.tsx";
import { statusWords } from "./status-words.ts";

type Checks = { checks: readonly JudgedCheck[] };

/** Checks by group; `folded`, those that nothing is to be done about are only counted at first. */
export function CheckList({ checks, none, folded }: Checks & { none: string; folded: boolean }) {
  if (checks.length === 0) return <EmptyState icon={ShieldCheck} title={none} />;
  return (
    <div className="grid gap-4">
      {byGroup(checks).map(({ group, title, checks: members }) => {
        const isQuiet = ({ status }: JudgedCheck) => status === "pass" || status === "skip";
        const loud = folded ? members.filter((check) => !isQuiet(check)) : members;
        return (
          <Card key={group} title={title}>
            <Items checks={loud} />
            {folded && <Quiet checks={members.filter(isQuiet)} />}
          </Card>
        );
      })}
    </div>
  );
}

function Quiet({ checks }: Checks) {
  if (checks.length === 0) return null;
  const passing = checks.filter(({ status }) => status === "pass").length;
  const counts = [
    ...(passing > 0 ? [`${passing} ${passing === 1 ? "passes" : "pass"}`] : []),
    ...(passing < checks.length ? [`${checks.length - passing} skipped`] : []),
  ];
  return (
    <details className="text-sm not-first:mt-3">
      <summary className="w-fit cursor-pointer rounded text-muted hover:text-ink">
        {counts.join(", ")}
      </summary>
      <div className="mt-3">
        <Items checks={checks} />
      </div>
    </details>
  );
}

function Items({ checks }: Checks) {
  if (checks.length === 0) return null;
  return (
    <ul className="-my-2 divide-y">
      {checks.map((check) => (
        <CheckItem key={check.id} check={check} />
      ))}
    </ul>
  );
}

function CheckItem({ check: { id, title, status, detail, remedy } }: { check: JudgedCheck }) {
  const { tone, word } = statusWords[status];
  return (
    <li className="grid gap-x-4 gap-y-1 py-2.5 text-sm sm:grid-cols-[4.5rem_minmax(0,1fr)]">
      <span className="pt-px">
        <Badge tone={tone}>{word}</Badge>
      </span>
      <div className="min-w-0 break-words">
        <h3 className="font-medium">{title}</h3>
        <p className="text-muted">{detail}</p>
        {remedy !== "" && (
          <p className="mt-1 max-w-prose">
            {remedy} {status !== "skip" && <CureLink id={id} />}
          </p>
        )}
        <code className="font-mono text-xs text-faint">{id}</code>
      </div>
    </li>
  );
}
