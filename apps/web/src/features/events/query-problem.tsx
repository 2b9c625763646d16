import type { QueryProblem } from "@muniment/shared/event-query/query.ts";
import type { Ref } from "react";
import { cx } from "../../ui/class-names.ts";

type MarkProps = {
  ref: Ref<HTMLDivElement>;
  text: string;
  problem: QueryProblem;
  /** Sets the text as the box does. */
  className: string;
};

/** Underlines, over the box, the word that cannot be read; behind the end where something is missing. */
export function QueryMark({ ref, text, problem, className }: MarkProps) {
  const [word = ""] = /^[^\s()]*/.exec(text.slice(problem.position)) ?? [];
  const marked = word || text.slice(problem.position, problem.position + 1) || "\u00a0";
  return (
    <div
      ref={ref}
      aria-hidden
      className={cx(
        "pointer-events-none absolute inset-px flex items-center overflow-hidden whitespace-pre text-transparent",
        className,
      )}
    >
      <span>{text.slice(0, problem.position)}</span>
      <span
        data-testid="query-mark"
        className="underline decoration-danger decoration-wavy decoration-from-font underline-offset-3"
      >
        {marked}
      </span>
    </div>
  );
}

type LineProps = { id: string; problem: QueryProblem; grave: boolean };

/** What was expected where; muted while the query is being written. */
export function QueryProblemLine({ id, problem, grave }: LineProps) {
  return (
    <p
      id={id}
      role={grave ? "alert" : undefined}
      className={cx("mt-1 text-xs break-words", grave ? "text-danger" : "text-muted")}
    >
      At character {problem.position + 1}: expected {problem.expected}.
    </p>
  );
}
