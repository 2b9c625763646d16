import type { processingRecord } from "@muniment/shared/own-data.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import type { z } from "zod";
import { Card } from "../../ui/card.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { recordQuery } from "./data-queries.ts";
import { bySubject } from "./record-subjects.ts";

type RecordTable = z.infer<typeof processingRecord>["tables"][number];

const columns = [
  { label: "What" },
  { label: "Purpose" },
  { label: "Legal basis" },
  { label: "Kept" },
] as const;

/** What is kept of people, why, on which basis and for how long. */
export function RecordCard() {
  const { tables } = useSuspenseQuery(recordQuery()).data;
  return (
    <Card
      title="What is kept, and why"
      description="The record of processing of this server: every place where something of you can stand, down to each field."
    >
      <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
        {bySubject(tables).map((group) => (
          <details key={group.subject}>
            <summary className="cursor-pointer rounded-md py-1 text-sm font-medium">
              {group.subject}{" "}
              <span className="font-normal text-muted">({group.tables.length})</span>
            </summary>
            <div className="pt-2">
              <Table caption={group.subject} columns={columns}>
                {group.tables.map((table) => (
                  <RecordRow key={table.table} {...table} />
                ))}
              </Table>
            </div>
          </details>
        ))}
      </div>
    </Card>
  );
}

function RecordRow({ table, purpose, basis, retention, columns: fields }: RecordTable) {
  return (
    <Row>
      <Cell className="min-w-56 align-top">
        <details>
          <summary className="cursor-pointer rounded-md first-letter:uppercase">
            {table.replaceAll("_", " ")}
            <span className="text-muted">, {fields.length} fields</span>
          </summary>
          <ul className="mt-1 grid gap-1 text-xs text-muted">
            {fields.map((field) => (
              <li key={field.name}>
                <code className="font-mono text-ink">{field.name}</code> {field.purpose}
                {field.withheld !== null && `; not in a copy: ${field.withheld}`}
              </li>
            ))}
          </ul>
        </details>
      </Cell>
      <Cell className="min-w-40 align-top first-letter:uppercase">{purpose}</Cell>
      <Cell className="min-w-48 align-top text-muted first-letter:uppercase">{basis}</Cell>
      <Cell className="min-w-48 align-top text-muted first-letter:uppercase">{retention}</Cell>
    </Row>
  );
}
