import type { AppRouter } from "@muniment/api/router.ts";
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import { reasonOf, UnexpectedAnswerError } from "./errors.ts";
import { outputSchema } from "./output-schemas.ts";

/** Infinite queries add `direction` and `cursor: null`, fields the API does not know. */
export const plainPageInput: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) => {
    if (typeof op.input !== "object" || op.input === null || !("direction" in op.input)) {
      return next(op);
    }
    const { direction: _, ...input } = op.input as Record<string, unknown>;
    if (input.cursor === null) delete input.cursor;
    return next({ ...op, input });
  };

/** Refuses answers that do not have the form their procedure promises, before anything shows them. */
export const checkOutput: TRPCLink<AppRouter> =
  () =>
  ({ op, next }) =>
    observable((observer) =>
      next(op).subscribe({
        error: (error) => observer.error(error),
        complete: () => observer.complete(),
        next(envelope) {
          const { result } = envelope;
          if ("data" in result) {
            const checked = outputSchema(op.path)?.safeParse(result.data);
            if (checked && !checked.success) {
              const cause = new UnexpectedAnswerError(`${op.path}: ${checked.error.message}`);
              observer.error(TRPCClientError.from(cause));
              return;
            }
          }
          observer.next(envelope);
        },
      }),
    );

/**
 * Repeats a mutation once after `confirm` has asked for the password.
 * The first error stands when the person declines.
 */
export function stepUp(confirm: () => Promise<boolean>): TRPCLink<AppRouter> {
  return () =>
    ({ op, next }) =>
      observable((observer) => {
        let closed = false;
        let subscription = next(op).subscribe({
          next: (value) => observer.next(value),
          complete: () => observer.complete(),
          error(error) {
            if (op.type !== "mutation" || reasonOf(error) !== "reauthentication_required") {
              observer.error(error);
              return;
            }
            void confirm().then((confirmed) => {
              if (closed) return;
              if (confirmed) subscription = next(op).subscribe(observer);
              else observer.error(error);
            });
          },
        });
        return () => {
          closed = true;
          subscription.unsubscribe();
        };
      });
}
