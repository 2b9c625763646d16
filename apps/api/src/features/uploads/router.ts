import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { deleteUpload } from "./delete.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { quota } from "./quota.ts";

export const uploadsRouter = router({ create, delete: deleteUpload, get, list, quota });
