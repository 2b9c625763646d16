import { router } from "../../trpc/init.ts";
import { list } from "./list.ts";
import { revoke } from "./revoke.ts";
import { revokeAll } from "./revoke-all.ts";
import { revokeOthers } from "./revoke-others.ts";

export const sessionsRouter = router({ list, revoke, revokeAll, revokeOthers });
