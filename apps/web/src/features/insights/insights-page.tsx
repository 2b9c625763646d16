import { getRouteApi } from "@tanstack/react-router";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { RangeSwitch } from "../../range-switch.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { AnomaliesPanel } from "./anomalies-panel.tsx";
import { insightsRanges } from "./insights-search.ts";

const route = getRouteApi("/app/insights");

export function InsightsPage() {
  const { range = "7d" } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      <PageHeader
        title="Insights"
        description="What was unusual among your events. Nothing of it leaves this server."
        actions={
          <RangeSwitch
            options={insightsRanges}
            value={range}
            onChange={(next) =>
              void navigate({ search: { range: next }, replace: true, resetScroll: false })
            }
          />
        }
      />
      <PanelBoundary
        name="What stands out"
        resetKey={range}
        fallback={<Skeleton className="h-80" />}
      >
        <AnomaliesPanel range={range} />
      </PanelBoundary>
    </>
  );
}
