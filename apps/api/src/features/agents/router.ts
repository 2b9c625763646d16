import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { deleteAgent } from "./delete.ts";
import { getDeliveries } from "./deliveries.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { update } from "./update.ts";

export const agentsRouter = router({
  create,
  delete: deleteAgent,
  deliveries: getDeliveries,
  get,
  list,
  update,
});
