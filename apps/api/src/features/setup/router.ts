import { router } from "../../trpc/init.ts";
import { createAdmin } from "./create-admin.ts";
import { status } from "./status.ts";

export const setupRouter = router({ createAdmin, status });
