import { alertWords } from "@muniment/shared/alert-words.ts";
import type { Alert } from "@muniment/shared/alerts.ts";
import { Link } from "@tanstack/react-router";
import { Badge } from "../../ui/badge.tsx";
import { DateTime } from "../../ui/date-time.tsx";
import { Cell, Row, Table } from "../../ui/table.tsx";
import type { AlertState } from "./alerts-query.ts";
import { Evidence } from "./evidence.tsx";
import { ResolveButton } from "./resolve-button.tsx";
import { severityTones } from "./severity-tones.ts";

const columns = {
  open: [
    { label: "Alert" },
    { label: "Severity", wide: true },
    { label: "About", wide: true },
    { label: "Last seen", wide: true },
    { label: "Actions", hidden: true },
  ],
  resolved: [
    { label: "Alert" },
    { label: "Severity", wide: true },
    { label: "About", wide: true },
    { label: "Last seen", wide: true },
    { label: "Resolved" },
  ],
} as const;

export function AlertTable({ alerts, state }: { alerts: readonly Alert[]; state: AlertState }) {
  return (
    <Table caption={state === "open" ? "Open alerts" : "Resolved alerts"} columns={columns[state]}>
      {alerts.map((alert) => (
        <Row key={alert.id} className="*:align-top">
          <Cell className="whitespace-normal sm:min-w-72">
            <span className="font-medium">{alertWords[alert.kind].title}</span>
            {alert.count > 1 && <span className="ml-1.5 text-xs text-muted">×{alert.count}</span>}
            <p className="mt-0.5 max-w-prose text-xs text-muted">{alertWords[alert.kind].advice}</p>
            <div className="mt-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs break-all sm:hidden">
              <Badge tone={severityTones[alert.severity]}>{alert.severity}</Badge>
              <DateTime value={alert.lastSeenAt} />
              <About alert={alert} />
            </div>
            <Evidence alert={alert} />
          </Cell>
          <Cell wide>
            <Badge tone={severityTones[alert.severity]}>{alert.severity}</Badge>
          </Cell>
          <Cell wide className="max-w-56 wrap-anywhere">
            <About alert={alert} />
          </Cell>
          <Cell wide>
            <DateTime value={alert.lastSeenAt} />
          </Cell>
          {state === "open" ? (
            <Cell align="right">
              <ResolveButton alert={alert} />
            </Cell>
          ) : (
            <Cell>
              {alert.resolvedAt && <DateTime value={alert.resolvedAt} />}
              {alert.resolvedBy && (
                <span className="block text-xs text-muted">by {alert.resolvedBy}</span>
              )}
            </Cell>
          )}
        </Row>
      ))}
    </Table>
  );
}

/** The user, with the way to what happened around them; or the check that began to fail, and the node. */
function About({ alert: { user, kind, details } }: { alert: Alert }) {
  const node = typeof details.node === "string" && (
    <span className="block text-xs text-muted wrap-anywhere">on {details.node}</span>
  );
  if (kind === "limits_apart") return node;
  if (kind === "posture_worsened") {
    return (
      <>
        <Link to="/admin/posture" className="underline">
          {String(details.check)}
        </Link>
        {node}
      </>
    );
  }
  if (!user) return null;
  return (
    <Link to="/admin/users" search={{ text: user.email }} className="underline">
      {user.email}
    </Link>
  );
}
