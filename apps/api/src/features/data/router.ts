import { router } from "../../trpc/init.ts";
import { accesses } from "./accesses.ts";

export const dataRouter = router({ accesses });
