import { router } from "../../trpc/init.ts";
import { accesses } from "./accesses.ts";
import { cancelErasure } from "./cancel-erasure.ts";
import { certificate } from "./certificate.ts";
import { erase } from "./erase.ts";
import { erasure } from "./erasure.ts";
import { linkExport } from "./link-export.ts";
import { listExports } from "./list-exports.ts";
import { record } from "./record.ts";
import { requestExport } from "./request-export.ts";

export const dataRouter = router({
  accesses,
  cancelErasure,
  certificate,
  erase,
  erasure,
  exports: listExports,
  linkExport,
  record,
  requestExport,
});
