import { router } from "../../trpc/init.ts";
import { append } from "./append.ts";
import { cancel } from "./cancel.ts";
import { create } from "./create.ts";
import { get } from "./get.ts";
import { list } from "./list.ts";
import { rejects } from "./rejects.ts";

export const importsRouter = router({ append, cancel, create, get, list, rejects });
