import { router } from "../../trpc/init.ts";
import { cancel } from "./cancel.ts";
import { create } from "./create.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";

export const exportsRouter = router({ cancel, create, get, list });
