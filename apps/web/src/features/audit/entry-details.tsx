import type { AuditEntry } from "@muniment/shared/audit-log.ts";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CodeBlock } from "../../ui/code-block.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Description, DescriptionList } from "../../ui/description-list.tsx";
import type { AuditFilters } from "./audit-search.ts";
import { actorName, targetName } from "./entry-names.ts";
import { EntryProof } from "./entry-proof.tsx";
import { OutcomeBadge } from "./outcome-badge.tsx";

export function EntryDetails({ entry, filters }: { entry: AuditEntry; filters: AuditFilters }) {
  const { actor, target } = entry;
  return (
    <div className="grid gap-5">
      <DescriptionList>
        <Description term="Time">
          <DateTime value={entry.at} format="absolute" />
        </Description>
        <Description term="Outcome">
          <OutcomeBadge outcome={entry.outcome} />
        </Description>
        <Description term="Actor">
          {actorName(actor)}
          {actor.id && (
            <Id id={actor.id}>
              <FilterLink search={{ ...filters, actorId: actor.id }}>Only this actor</FilterLink>
            </Id>
          )}
        </Description>
        <Description term="Target">
          {targetName(target) || "none"}
          {target?.id && (
            <Id id={target.id}>
              <FilterLink search={{ ...filters, targetId: target.id }}>Only this target</FilterLink>
            </Id>
          )}
        </Description>
        <Description term="Address">
          <span className="font-mono text-xs">{entry.address ?? "none"}</span>
        </Description>
        <Description term="Request">
          {entry.requestId ? <Id id={entry.requestId} /> : "none"}
        </Description>
        <Description term="Entry">
          <Id id={entry.id} />
        </Description>
        <Description term="Index">
          {entry.index === null ? "not sealed yet" : entry.index.toLocaleString("en")}
        </Description>
      </DescriptionList>
      {entry.index !== null && <EntryProof key={entry.id} id={entry.id} index={entry.index} />}
      {Object.keys(entry.details).length > 0 && (
        <section>
          <h3 className="mb-1.5 text-sm font-semibold">Details</h3>
          <CodeBlock code={JSON.stringify(entry.details, null, 2)} label="Copy the details" />
        </section>
      )}
    </div>
  );
}

function Id({ id, children }: { id: string; children?: ReactNode }) {
  return (
    <span className="flex flex-wrap items-center gap-x-2 text-xs text-muted">
      <code className="font-mono break-all">{id}</code>
      <CopyButton text={id} label="Copy the id" />
      {children}
    </span>
  );
}

function FilterLink({ search, children }: { search: AuditFilters; children: ReactNode }) {
  return (
    <Link to="/admin/audit" search={search} className="font-medium text-accent hover:underline">
      {children}
    </Link>
  );
}
