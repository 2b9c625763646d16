import { router } from "../../trpc/init.ts";
import { get } from "./get.ts";
import { ingest } from "./ingest.ts";
import { search } from "./search.ts";

export const eventsRouter = router({ get, ingest, search });
