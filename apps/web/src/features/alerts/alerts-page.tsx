import { getRouteApi } from "@tanstack/react-router";
import { Bell } from "lucide-react";
import { useState } from "react";
import { useDenial } from "../../session.ts";
import { Button } from "../../ui/button.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { AlertList } from "./alert-list.tsx";
import type { AlertState } from "./alerts-query.ts";
import { NoticesDialog } from "./notices-dialog.tsx";

const route = getRouteApi("/app/admin/alerts");

const tabs = [
  { value: "open", label: "Open", content: <AlertList state="open" /> },
  { value: "resolved", label: "Resolved", content: <AlertList state="resolved" /> },
] as const;

export function AlertsPage() {
  const { state = "open" } = route.useSearch();
  const navigate = route.useNavigate();
  const [choosing, setChoosing] = useState(false);
  const choose = (chosen: AlertState) =>
    void navigate({ search: chosen === "open" ? {} : { state: chosen }, replace: true });
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
      <Tabs label="State" value={state} onValueChange={choose} tabs={tabs} />
    </>
  );
}
