import type { OverviewQueries } from "./overview-queries.ts";
import type { OverviewRange } from "./overview-search.ts";

/** What every panel of the overview is given. */
export type PanelProps = {
  queries: OverviewQueries;
  range: OverviewRange;
  /** In milliseconds. */
  refetchInterval: number;
};
