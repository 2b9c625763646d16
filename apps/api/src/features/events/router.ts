import { router } from "../../trpc/init.ts";
import { extent } from "./extent.ts";
import { facets } from "./facets.ts";
import { get } from "./get.ts";
import { ingest } from "./ingest.ts";
import { retention } from "./retention.ts";
import { search } from "./search.ts";
import { setRetention } from "./set-retention.ts";
import { tail } from "./tail.ts";
import { timeseries } from "./timeseries.ts";

export const eventsRouter = router({
  extent,
  facets,
  get,
  ingest,
  retention,
  search,
  setRetention,
  tail,
  timeseries,
});
