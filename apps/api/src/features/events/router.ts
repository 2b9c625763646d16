import { router } from "../../trpc/init.ts";
import { facets } from "./facets.ts";
import { get } from "./get.ts";
import { ingest } from "./ingest.ts";
import { search } from "./search.ts";
import { tail } from "./tail.ts";
import { timeseries } from "./timeseries.ts";

export const eventsRouter = router({ facets, get, ingest, search, tail, timeseries });
