import type { Jobs } from "../jobs.ts";
import type { Telemetry } from "./telemetry.ts";

/** Has each job done under a span of its own, named by its queue. */
export const traceJobs = (jobs: Jobs, { work }: Pick<Telemetry, "work">): Jobs => ({
  ...jobs,
  define: (queue, handler, ...rest) =>
    jobs.define(queue, (...given) => work(`job ${queue}`, () => handler(...given)), ...rest),
  every: (queue, everySeconds, handler, ...rest) =>
    jobs.every(queue, everySeconds, () => work(`job ${queue}`, handler), ...rest),
});
