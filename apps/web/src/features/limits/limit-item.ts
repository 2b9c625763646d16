import type { limitItem } from "@muniment/shared/limits.ts";
import type { z } from "zod";

export type LimitItem = z.infer<typeof limitItem>;
