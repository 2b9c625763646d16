import type { Deliveries } from "@muniment/shared/agents.ts";
import { formatCount } from "../../ui/format-count.ts";
import { Notice } from "../../ui/notice.tsx";

const textOf = ({ from, to }: { from: number; to: number }) =>
  from === to ? String(from) : `${from}–${to}`;

/** What is missing of an agent's own numbering; nothing where events have no `seq`. */
export function SequenceNotice({ sequence }: { sequence: Deliveries["sequence"] }) {
  if (!sequence) return null;
  const { first, last, missing, lost, gaps } = sequence;
  if (missing + lost === 0) {
    return (
      <Notice tone="ok">
        Every event numbered from {first} to {last} has arrived.
      </Notice>
    );
  }
  return (
    <Notice tone="warn">
      Of the events numbered from {first} to {last}, {formatCount(missing + lost)} have not arrived
      {gaps.length > 0 && <>, the newest of them {gaps.map(textOf).join(", ")}</>}.
      {lost > 0 && <> {formatCount(lost)} of them are no longer waited for.</>}
    </Notice>
  );
}
