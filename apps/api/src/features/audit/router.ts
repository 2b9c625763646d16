import { router } from "../../trpc/init.ts";
import { checkpoint } from "./checkpoint.ts";
import { consistencyProof } from "./consistency-proof.ts";
import { evidence } from "./evidence.ts";
import { exportLog } from "./export.ts";
import { get } from "./get.ts";
import { inclusionProof } from "./inclusion-proof.ts";
import { search } from "./search.ts";
import { timeseries } from "./timeseries.ts";

export const auditRouter = router({
  checkpoint,
  consistencyProof,
  evidence,
  export: exportLog,
  get,
  inclusionProof,
  search,
  timeseries,
});
