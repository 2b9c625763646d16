import { router } from "../../trpc/init.ts";
import { issue } from "./issue.ts";
import { refresh } from "./refresh.ts";
import { revoke } from "./revoke.ts";

export const tokensRouter = router({ issue, refresh, revoke });
