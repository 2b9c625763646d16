import { router } from "../../trpc/init.ts";
import { get } from "./get.ts";
import { search } from "./search.ts";

export const auditRouter = router({ get, search });
