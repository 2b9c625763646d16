import { auditOutcomes } from "@muniment/shared/audit-log.ts";
import { X } from "lucide-react";
import { Button } from "../../ui/button.tsx";
import { toLocalInput } from "../../ui/local-input.ts";
import { Select } from "../../ui/select.tsx";
import { ActionFilter } from "./action-filter.tsx";
import type { AuditFilters } from "./audit-search.ts";
import { shortId } from "./entry-names.ts";
import { RangeFilter } from "./range-filter.tsx";

type Props = { filters: AuditFilters; onChange: (filters: AuditFilters) => void };

export function AuditFilterBar({ filters, onChange }: Props) {
  const set = (change: Partial<AuditFilters>) => onChange({ ...filters, ...change });
  const any = Object.values(filters).some((value) => value !== undefined);
  return (
    <search aria-label="Filters" className="mb-3 flex flex-wrap items-center gap-2">
      <RangeFilter filters={filters} onChange={set} />
      <ActionFilter value={filters.actions} onChange={(actions) => set({ actions })} />
      <Select
        aria-label="Outcome"
        className="w-40"
        value={filters.outcomes?.length === 1 ? filters.outcomes[0] : ""}
        onChange={(event) => {
          const outcome = auditOutcomes.find((one) => one === event.target.value);
          set({ outcomes: outcome && [outcome] });
        }}
      >
        <option value="">Any outcome</option>
        {auditOutcomes.map((outcome) => (
          <option key={outcome}>{outcome}</option>
        ))}
      </Select>
      {isPartOfDay(filters) && (
        <Chip
          label={`${timeOf(filters.from)} – ${timeOf(filters.to)}`}
          onRemove={() => set({ from: undefined, to: undefined })}
        />
      )}
      {filters.actorId && (
        <Chip
          label={`actor ${shortId(filters.actorId)}`}
          onRemove={() => set({ actorId: undefined })}
        />
      )}
      {filters.targetId && (
        <Chip
          label={`target ${shortId(filters.targetId)}`}
          onRemove={() => set({ targetId: undefined })}
        />
      )}
      {any && (
        <Button variant="ghost" onClick={() => onChange({})}>
          Clear
        </Button>
      )}
    </search>
  );
}

const isPartOfDay = ({ from, to }: AuditFilters) =>
  [from, to].some((time) => time !== undefined && !toLocalInput(time).endsWith("T00:00:00"));

/** `11-21 08:15`; the fields beside it hold days only. */
const timeOf = (time: string | undefined) => toLocalInput(time).slice(5, 16).replace("T", " ");

function Chip({ label, onRemove }: { label: string; onRemove: () => void }) {
  return (
    <Button onClick={onRemove} aria-label={`Remove the filter ${label}`}>
      <span className="font-mono text-xs">{label}</span>
      <X aria-hidden />
    </Button>
  );
}
