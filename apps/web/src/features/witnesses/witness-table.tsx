import type { Witness } from "@muniment/shared/witnesses.ts";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { formatDuration } from "../../ui/format-duration.ts";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { RemoveWitnessDialog } from "./remove-witness-dialog.tsx";
import { kindWords } from "./witness-words.ts";

const columns = [
  { label: "Place" },
  { label: "State" },
  { label: "Has entries before", align: "right" },
  { label: "Last arrived" },
  { label: "Every" },
  { label: "Actions", hidden: true },
] as const;

export function WitnessTable({ witnesses }: { witnesses: readonly Witness[] }) {
  const [chosen, setChosen] = useState<Witness | null>(null);
  const denial = useDenial("witnesses:write");
  return (
    <>
      <Table caption="Where checkpoints go" columns={columns}>
        {witnesses.map((witness) => (
          <Row key={witness.id}>
            <Cell className="max-w-96 min-w-52">
              <span className="block font-medium">{kindWords[witness.kind]}</span>
              <span title={witness.target} className="block truncate text-xs text-muted">
                {witness.target}
              </span>
              {witness.retainDays && (
                <span className="block text-xs text-muted">
                  locked for {formatDuration(witness.retainDays * 86_400)}
                </span>
              )}
            </Cell>
            <Cell className="max-w-96 min-w-44">
              <WitnessState witness={witness} />
            </Cell>
            <Cell align="right">{witness.confirmedSize.toLocaleString("en")}</Cell>
            <Cell>
              <DateTime value={witness.confirmedAt} />
            </Cell>
            <Cell className="whitespace-nowrap">{formatDuration(witness.everySeconds)}</Cell>
            <Cell align="right">
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Remove ${witness.target}`}
                disabledReason={denial}
                onClick={() => setChosen(witness)}
              >
                Remove
              </Button>
            </Cell>
          </Row>
        ))}
      </Table>
      <RemoveWitnessDialog witness={chosen} onClose={() => setChosen(null)} />
    </>
  );
}

function WitnessState({ witness }: { witness: Witness }) {
  const { problem, contradicts, confirmedSize, failingSince } = witness;
  if (!problem) {
    return (
      <Badge tone={confirmedSize > 0 ? "ok" : "neutral"}>
        {confirmedSize > 0 ? "in step" : "waiting"}
      </Badge>
    );
  }
  return (
    <>
      <Badge tone={contradicts ? "danger" : "warn"}>
        {contradicts ? "contradicts" : "failing"}
      </Badge>
      <span className="mt-0.5 block text-xs text-muted">
        {problem} Since <DateTime value={failingSince} />.
      </span>
    </>
  );
}
