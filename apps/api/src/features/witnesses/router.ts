import { router } from "../../trpc/init.ts";
import { add } from "./add.ts";
import { addLog } from "./add-log.ts";
import { assurance } from "./assurance.ts";
import { checkpoints } from "./checkpoints.ts";
import { list } from "./list.ts";
import { logs } from "./logs.ts";
import { own } from "./own.ts";
import { remove } from "./remove.ts";
import { removeLog } from "./remove-log.ts";

export const witnessesRouter = router({
  add,
  addLog,
  assurance,
  checkpoints,
  list,
  logs,
  own,
  remove,
  removeLog,
});
