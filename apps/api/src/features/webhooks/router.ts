import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { deleteWebhook } from "./delete.ts";
import { deliveries } from "./deliveries.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { replay } from "./replay.ts";
import { rotateSecret } from "./rotate-secret.ts";
import { test } from "./test.ts";
import { update } from "./update.ts";

export const webhooksRouter = router({
  create,
  delete: deleteWebhook,
  deliveries,
  get,
  list,
  replay,
  rotateSecret,
  test,
  update,
});
