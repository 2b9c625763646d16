import { checkStatuses } from "@muniment/shared/posture.ts";
import { z } from "zod";

/** What the address of the page holds; what does not fit is ignored. */
export const postureSearch = z.object({
  status: z.enum(checkStatuses).optional().catch(undefined),
});
