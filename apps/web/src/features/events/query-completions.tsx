import type { Completion } from "@muniment/shared/event-query/complete.ts";
import { useEffect, useRef } from "react";
import { cx } from "../../ui/class-names.ts";

type Props = {
  /** The list is `<id>-list`, its options `<id>-0`, `<id>-1`, ... */
  id: string;
  completions: readonly Completion[];
  active: number;
  onChoose: (completion: Completion) => void;
  className: string | undefined;
};

const hints: Record<string, string> = {
  "type:": "what happened; ssh.* for all that begin so",
  "level:": "debug to critical; also >= and <",
  "agent:": "who sent it",
  "subject:": "what it is about",
  "trace:": "what belongs together",
  "props.": "a property by its path",
  "since:": "2h, 7d, or a date",
  "until:": "2h, 7d, or a date",
};

/** What could stand at the cursor, as a list below the box that keeps the focus. */
export function QueryCompletions({ id, completions, active, onChoose, className }: Props) {
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.children[active]?.scrollIntoView({ block: "nearest" });
  }, [active]);
  return (
    <div
      ref={list}
      id={`${id}-list`}
      role="listbox"
      aria-label="Completions"
      className={cx(
        "absolute inset-x-0 top-full z-30 mt-1 max-h-72 max-w-xl overflow-y-auto rounded-lg border bg-raised p-1 shadow-elevation",
        className,
      )}
    >
      {completions.map((completion, place) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the box takes the keys
        <div
          key={completion.text}
          id={`${id}-${place}`}
          role="option"
          tabIndex={-1}
          aria-selected={place === active}
          // The box would lose the focus, and with it the list.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(completion)}
          className={cx(
            "flex cursor-pointer items-baseline gap-3 rounded-md px-2 py-1 text-xs hover:bg-line/60",
            place === active && "bg-accent-soft text-accent",
          )}
        >
          <span className="min-w-0 truncate font-mono">{completion.text}</span>
          <span className="min-w-0 grow truncate text-right text-muted">
            {hints[completion.text]}
          </span>
        </div>
      ))}
    </div>
  );
}
