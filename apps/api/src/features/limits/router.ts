import { router } from "../../trpc/init.ts";
import { list } from "./list.ts";
import { reset } from "./reset.ts";
import { set } from "./set.ts";

export const limitsRouter = router({ list, reset, set });
