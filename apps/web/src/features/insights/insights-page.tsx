import { useSuspenseQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { PanelBoundary } from "../../panel-boundary.tsx";
import { RangeSwitch } from "../../range-switch.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Skeleton } from "../../ui/skeleton.tsx";
import { AnomaliesPanel } from "./anomalies-panel.tsx";
import { AskPanel } from "./ask-panel.tsx";
import { insightsRanges } from "./insights-search.ts";
import { modelQuery } from "./model-query.ts";

const route = getRouteApi("/app/insights");

export function InsightsPage() {
  const { range = "7d" } = route.useSearch();
  const navigate = route.useNavigate();
  const { model } = useSuspenseQuery(modelQuery).data;
  return (
    <>
      <PageHeader
        title="Insights"
        description="What was unusual among your events, and questions to them."
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
      {model && (
        <div className="mb-8">
          <AskPanel model={model} />
        </div>
      )}
      <h2 className="mb-1 text-base font-semibold">What stands out</h2>
      <p className="mb-3 max-w-prose text-sm text-muted">
        Hours with more or fewer events than usual, by agent and type. Computed on this server:
        nothing leaves it.
      </p>
      <PanelBoundary
        name="What stands out"
        resetKey={range}
        fallback={<Skeleton className="h-80" />}
      >
        <AnomaliesPanel range={range} />
      </PanelBoundary>
      {/* How to have it must not stand before what everybody has. */}
      {!model && (
        <div className="mt-8">
          <AskPanel model={null} />
        </div>
      )}
    </>
  );
}
