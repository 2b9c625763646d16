import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { deleteSavedView } from "./delete.ts";
import { list } from "./list.ts";
import { update } from "./update.ts";

export const savedViewsRouter = router({ create, delete: deleteSavedView, list, update });
