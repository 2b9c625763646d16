import { router } from "../../trpc/init.ts";
import { changePassword } from "./change-password.ts";
import { update } from "./update.ts";

export const accountRouter = router({ changePassword, update });
