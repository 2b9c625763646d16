import type { AlertRule } from "@muniment/shared/alert-rules.ts";
import { useInfiniteQuery } from "@tanstack/react-query";
import { messageOf } from "../../errors.ts";
import { loadMoreProps } from "../../paging.ts";
import { DateTime } from "../../ui/date-time.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Spinner } from "../../ui/spinner.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import { alertHistoryQuery } from "./alert-rules-query.ts";

const columns = [
  { label: "Began" },
  { label: "Ended" },
  { label: "At most", align: "right" },
  { label: "Told" },
] as const;

/** Open while there is a rule. */
export function HistoryDialog({ rule, onClose }: { rule: AlertRule | null; onClose: () => void }) {
  return (
    <Dialog
      open={rule !== null}
      onOpenChange={(open) => !open && onClose()}
      title={`When ${rule?.name ?? ""} fired`}
      shape="wide"
    >
      {rule && <History id={rule.id} />}
    </Dialog>
  );
}

function History({ id }: { id: string }) {
  const query = useInfiniteQuery(alertHistoryQuery(id));
  if (query.isPending) return <Spinner />;
  if (!query.data) return <Notice tone="danger">{messageOf(query.error)}</Notice>;
  const firings = query.data.pages.flatMap((page) => page.items);
  if (firings.length === 0) return <p className="text-sm text-muted">It has never fired.</p>;
  return (
    <>
      <Table caption="When the rule fired" columns={columns}>
        {firings.map((firing) => (
          <Row key={firing.id}>
            <Cell>
              <DateTime value={firing.openedAt} format="absolute" />
            </Cell>
            <Cell>
              <DateTime value={firing.resolvedAt} format="absolute" none="still firing" />
            </Cell>
            <Cell align="right">{firing.peak.toLocaleString("en")}</Cell>
            <Cell>{firing.notified ? "yes" : "no"}</Cell>
          </Row>
        ))}
      </Table>
      <LoadMore
        shown={firings.length}
        noun={{ one: "time", many: "times" }}
        {...loadMoreProps(query)}
      />
    </>
  );
}
