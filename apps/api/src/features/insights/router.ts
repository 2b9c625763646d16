import { router } from "../../trpc/init.ts";
import { anomalies } from "./anomalies.ts";
import { ask } from "./ask.ts";
import { model } from "./model-info.ts";

export const insightsRouter = router({ anomalies, ask, model });
