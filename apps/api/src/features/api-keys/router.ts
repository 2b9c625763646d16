import { router } from "../../trpc/init.ts";
import { create } from "./create.ts";
import { list } from "./list.ts";
import { revoke } from "./revoke.ts";
import { rotate } from "./rotate.ts";

export const apiKeysRouter = router({ create, list, revoke, rotate });
