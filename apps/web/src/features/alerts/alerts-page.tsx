import { getRouteApi } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { AlertList } from "./alert-list.tsx";
import type { AlertsSearch } from "./alerts-query.ts";
import { NoticesDialog } from "./notices-dialog.tsx";
import { SeverityFilter } from "./severity-filter.tsx";

const route = getRouteApi("/app/admin/alerts");

export function AlertsPage() {
  const { state = "open", severity } = route.useSearch();
  const navigate = route.useNavigate();
  const [choosing, setChoosing] = useState(false);
  const show = (next: AlertsSearch) =>
    void navigate({
      search: {
        ...(next.state === "resolved" ? { state: next.state } : {}),
        ...(next.severity ? { severity: next.severity } : {}),
      },
      replace: true,
    });
  const content = (
    <>
      <SeverityFilter
        state={state}
        severity={severity}
        onChange={(chosen) => show({ state, severity: chosen })}
      />
      <AlertList state={state} severity={severity} onAnySeverity={() => show({ state })} />
    </>
  );
  return (
    <>
      <PageHeader
        title="Alerts"
        description="What looks like an attack and wants somebody to look at it. Newest first."
        actions={
          <Button disabledReason={useDenial("alerts:write")} onClick={() => setChoosing(true)}>
            <Bell aria-hidden />
            Notices
          </Button>
        }
      />
      <NoticesDialog open={choosing} onClose={() => setChoosing(false)} />
      <Tabs
        label="State"
        value={state}
        onValueChange={(chosen) => show({ state: chosen, severity })}
        tabs={[
          { value: "open", label: "Open", content },
          { value: "resolved", label: "Resolved", content },
        ]}
      />
    </>
  );
}
