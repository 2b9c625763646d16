import type { Anomaly } from "@muniment/shared/insights.ts";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { toMarkers } from "./anomalies.ts";
import type { ChartBuckets } from "./ui/chart-data.ts";
import type { ChartMarker } from "./ui/chart-markers.tsx";

/** What stands out, as markers of a chart that lead to its events. */
export function useMarkers(
  anomalies: readonly Anomaly[] | undefined,
  axis: ChartBuckets,
): ChartMarker[] {
  const navigate = useNavigate();
  return useMemo(
    () => toMarkers(anomalies ?? [], axis, (search) => void navigate({ to: "/events", search })),
    [anomalies, axis, navigate],
  );
}
