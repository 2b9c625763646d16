import { router } from "../../trpc/init.ts";
import { counts } from "./counts.ts";
import { list } from "./list.ts";
import { notices } from "./notices.ts";
import { resolve } from "./resolve.ts";
import { setNotices } from "./set-notices.ts";

export const alertsRouter = router({ counts, list, notices, resolve, setNotices });
