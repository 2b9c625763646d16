import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { deleteAlertRule } from "./delete.ts";
import { history } from "./history.ts";
import { list } from "./list.ts";
import { preview } from "./preview.ts";
import { test } from "./test.ts";
import { update } from "./update.ts";

export const alertRulesRouter = router({
  create,
  delete: deleteAlertRule,
  history,
  list,
  preview,
  test,
  update,
});
