import { z } from "zod";

export const insightsRanges = ["24h", "7d", "30d"] as const;
export type InsightsRange = (typeof insightsRanges)[number];

export const insightsSearch = z.object({
  range: z.enum(insightsRanges).optional().catch(undefined),
});
