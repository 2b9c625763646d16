import type { WitnessedLog } from "@muniment/shared/witnesses.ts";
import { useMutation, useSuspenseInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { queryClient } from "../../query-client.ts";
import { useDenial } from "../../session.ts";
import { trpc } from "../../trpc.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ConfirmDialog } from "../../ui/confirm-dialog.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { AddLogDialog } from "./add-log-dialog.tsx";
import { witnessedLogsQuery } from "./witness-queries.ts";

const columns = [
  { label: "Log" },
  { label: "Cosigned entries", align: "right" },
  { label: "Last cosigned" },
  { label: "Since" },
  { label: "Actions", hidden: true },
] as const;

/** Logs of others that this installation cosigns, and what their operators need for it. */
export function WitnessedLogs() {
  const query = useSuspenseInfiniteQuery(witnessedLogsQuery());
  const own = useSuspenseQuery(trpc.witnesses.own.queryOptions()).data;
  const logs = query.data.pages.flatMap((page) => page.items);
  const denial = useDenial("witnesses:write");
  const [adding, setAdding] = useState(false);
  const [chosen, setChosen] = useState<WitnessedLog | null>(null);
  const [key = ""] = own.keys;
  return (
    <Card
      title="This installation as a witness of others"
      description="It checks that their logs only grow, and cosigns their checkpoints."
      actions={
        <Button disabledReason={denial} onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Witness a log
        </Button>
      }
    >
      <div className="grid gap-4">
        <dl className="grid gap-1 text-sm">
          <Fact term="Others send to" value={own.url} />
          <Fact term="and believe the key" value={key} />
        </dl>
        {logs.length > 0 && (
          <>
            <Table caption="Logs that are witnessed here" columns={columns}>
              {logs.map((log) => (
                <Row key={log.id}>
                  <Cell className="min-w-44 font-medium break-all">{log.origin}</Cell>
                  <Cell align="right">{log.size.toLocaleString("en")}</Cell>
                  <Cell>
                    <DateTime value={log.cosignedAt} />
                  </Cell>
                  <Cell>
                    <DateTime value={log.createdAt} />
                  </Cell>
                  <Cell align="right">
                    <Button
                      size="sm"
                      variant="ghost"
                      aria-label={`Forget ${log.origin}`}
                      disabledReason={denial}
                      onClick={() => setChosen(log)}
                    >
                      Forget
                    </Button>
                  </Cell>
                </Row>
              ))}
            </Table>
            <LoadMore
              shown={logs.length}
              noun={{ one: "log", many: "logs" }}
              {...loadMoreProps(query)}
            />
          </>
        )}
      </div>
      <AddLogDialog open={adding} onOpenChange={setAdding} />
      <ForgetLogDialog log={chosen} onClose={() => setChosen(null)} />
    </Card>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-2">
      <dt className="text-muted">{term}</dt>
      <dd className="flex min-w-0 items-center gap-1">
        <code className="min-w-0 font-mono text-xs break-all">{value}</code>
        <CopyButton text={value} label={`Copy: ${term}`} />
      </dd>
    </div>
  );
}

function ForgetLogDialog({ log, onClose }: { log: WitnessedLog | null; onClose: () => void }) {
  const forget = useMutation(
    trpc.witnesses.removeLog.mutationOptions({
      onSuccess: async () => {
        await queryClient.invalidateQueries(trpc.witnesses.pathFilter());
        onClose();
      },
    }),
  );
  return (
    <ConfirmDialog
      open={log !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Forget this log"
      confirmLabel="Forget"
      onConfirm={() => log && forget.mutate({ id: log.id })}
      submitError={messageOf(forget.error)}
      pending={forget.isPending}
    >
      <p>
        <strong className="break-all">{log?.origin}</strong> is cosigned here no more. What this
        installation knows of it is lost: if it is added again, it may have become another log.
      </p>
    </ConfirmDialog>
  );
}
