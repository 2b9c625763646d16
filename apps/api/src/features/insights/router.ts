import { router } from "../../trpc/init.ts";
import { anomalies } from "./anomalies.ts";

export const insightsRouter = router({ anomalies });
