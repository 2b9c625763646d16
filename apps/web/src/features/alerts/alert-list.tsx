import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { SearchX, ShieldCheck } from "lucide-react";
import { loadMoreProps } from "../../paging.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { AlertTable } from "./alert-table.tsx";
import { type AlertsSearch, alertsQuery } from "./alerts-query.ts";

const nothing = {
  open: { title: "No open alert", text: "Nothing suspicious waits for anybody." },
  resolved: { title: "No alert has been resolved", text: "Those that were looked at appear here." },
} as const;

type Props = AlertsSearch & { onAnySeverity: () => void };

export function AlertList({ state = "open", severity, onAnySeverity }: Props) {
  const query = useSuspenseInfiniteQuery(alertsQuery({ state, severity }));
  const alerts = query.data.pages.flatMap((page) => page.items);
  if (alerts.length === 0 && severity) {
    return (
      <EmptyState
        icon={SearchX}
        title={`No ${state} alert is ${severity}`}
        action={<Button onClick={onAnySeverity}>Show any severity</Button>}
      >
        There may be others, of another severity.
      </EmptyState>
    );
  }
  if (alerts.length === 0) {
    return (
      <EmptyState icon={ShieldCheck} title={nothing[state].title}>
        {nothing[state].text}
      </EmptyState>
    );
  }
  return (
    <>
      <AlertTable alerts={alerts} state={state} />
      <LoadMore
        shown={alerts.length}
        noun={{ one: "alert", many: "alerts" }}
        {...loadMoreProps(query)}
      />
    </>
  );
}
