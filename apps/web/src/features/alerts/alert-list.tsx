import { useSuspenseInfiniteQuery } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { loadMoreProps } from "../../paging.ts";
import { EmptyState } from "../../ui/empty-state.tsx";
import { LoadMore } from "../../ui/load-more.tsx";
import { AlertTable } from "./alert-table.tsx";
import { type AlertsSearch, alertsQuery } from "./alerts-query.ts";

const nothing = {
  open: { title: "No open alert", text: "Nothing suspicious waits for anybody." },
  resolved: { title: "No alert has been resolved", text: "Those that were looked at appear here." },
} as const;

export function AlertList({ state = "open", severity }: AlertsSearch) {
  const query = useSuspenseInfiniteQuery(alertsQuery({ state, severity }));
  const alerts = query.data.pages.flatMap((page) => page.items);
  if (alerts.length === 0 && severity) {
    return (
      <EmptyState icon={ShieldCheck} title={`No ${state} alert is ${severity}`}>
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
