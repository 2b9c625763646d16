import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { loadMoreProps } from "../../paging.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { checkpointsQuery } from "./witness-queries.ts";

const columns = [
  { label: "Entries", align: "right" },
  { label: "Root" },
  { label: "Signed" },
  { label: "Cosigned by" },
  { label: "Actions", hidden: true },
] as const;

const nameOf = (key: string) => key.slice(0, key.indexOf("+"));

/** Every state of the log that was signed. */
export function CheckpointHistory() {
  const query = useSuspenseInfiniteQuery(checkpointsQuery());
  const checkpoints = query.data.pages.flatMap((page) => page.items);
  return (
    <Card title="Checkpoints" description="Every signed state of the log, the newest first.">
      <div className="grid gap-3">
        <Table caption="Signed states of the log" columns={columns}>
          {checkpoints.map(({ size, rootHash, at, note, cosignedBy }) => (
            <Row key={size}>
              <Cell align="right">{size.toLocaleString("en")}</Cell>
              <Cell>
                <code className="font-mono text-xs" title={rootHash}>
                  {rootHash.slice(0, 12)}…
                </code>
              </Cell>
              <Cell>
                <DateTime value={at} format="absolute" />
              </Cell>
              <Cell>
                {cosignedBy.length === 0 ? (
                  <span className="text-faint">nobody</span>
                ) : (
                  cosignedBy.map((key) => (
                    <Badge key={key} tone="ok">
                      {nameOf(key)}
                    </Badge>
                  ))
                )}
              </Cell>
              <Cell align="right">
                <CopyButton text={note} label={`Copy the checkpoint of ${size} entries`} />
              </Cell>
            </Row>
          ))}
        </Table>
        <LoadMore
          shown={checkpoints.length}
          noun={{ one: "checkpoint", many: "checkpoints" }}
          {...loadMoreProps(query)}
        />
      </div>
    </Card>
  );
}
