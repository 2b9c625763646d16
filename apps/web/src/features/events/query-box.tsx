import { type Completion, completeEventQuery } from "@muniment/shared/event-query/complete.ts";
import { queryBounds } from "@muniment/shared/event-query/query.ts";
import { CornerDownLeft, Search, X } from "lucide-react";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { readQuery } from "../../event-query.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Input } from "../../ui/input.tsx";
import type { View } from "./events-search.ts";
import { QueryCompletions } from "./query-completions.tsx";
import { QueryMark, QueryProblemLine } from "./query-problem.tsx";
import { useAsked, useUpdate } from "./use-explorer.ts";
import { useKnownValues } from "./use-known-values.ts";

/** What both the text and the mark below it are set in, so that they lie over each other. */
const textClass = "pr-16 pl-8 font-mono text-[0.8125rem]";

/**
 * The query as a person writes it: completed while they write, asked with Enter. What the filters and
 * the address ask for stands here too, and what was written and not asked gives way to it.
 */
export function QueryBox({ view }: { view: View }) {
  const asked = useAsked();
  const { text } = asked;
  const update = useUpdate();
  const [draft, setDraft] = useState(text);
  const [cursor, setCursor] = useState(0);
  const [writing, setWriting] = useState(false);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  /** Whether Enter was pressed on what cannot be read. */
  const [refused, setRefused] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const mark = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => setDraft(text), [text]);

  const { problem } = readQuery(draft);
  // Nothing can be loaded for what the address asks when it cannot be read.
  const loadable = asked.problem ? { ...view, filters: {} } : view;
  const known = useKnownValues(loadable, writing, draft.slice(0, cursor));
  const completions = open ? completeEventQuery(draft, cursor, known) : [];
  const chosen = completions[active];
  const expanded = completions.length > 0;

  const write = (next: string, at: number) => {
    setDraft(next);
    setCursor(at);
    setActive(-1);
    setRefused(false);
  };
  const ask = (query: string) => {
    setOpen(false);
    if (readQuery(query).problem === null) update({ query: query.trim() || undefined });
    else setRefused(true);
  };
  const accept = ({ kind, text: completed, from, to }: Completion) => {
    const rest = draft.slice(to);
    const gap = kind === "value" && !rest.startsWith(" ") ? " " : "";
    const at = from + completed.length + (kind === "value" ? 1 : 0);
    // The cursor can be set only once the box holds the text.
    flushSync(() => write(draft.slice(0, from) + completed + gap + rest, at));
    input.current?.focus();
    input.current?.setSelectionRange(at, at);
    setOpen(kind !== "value");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!open) setOpen(true);
      else setActive(next(active, step, completions.length));
    } else if (event.key === "Escape" && expanded) {
      event.preventDefault();
      setOpen(false);
    } else if (event.key === "Tab" && chosen && !event.shiftKey) {
      event.preventDefault();
      accept(chosen);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (chosen) accept(chosen);
      else ask(draft);
    }
  };
  return (
    <div className="min-w-0">
      <div className="relative">
        <Search
          aria-hidden
          className="pointer-events-none absolute top-1/2 left-2.5 z-10 size-4 -translate-y-1/2 text-faint"
        />
        <Input
          ref={input}
          role="combobox"
          aria-label="Query"
          aria-autocomplete="list"
          aria-expanded={expanded}
          aria-controls={`${id}-list`}
          aria-activedescendant={chosen ? `${id}-${active}` : undefined}
          aria-describedby={problem ? `${id}-problem` : undefined}
          aria-invalid={refused || (problem !== null && draft === text) || undefined}
          placeholder="Search: type:ssh.* level>=warn &quot;invalid user&quot;"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          maxLength={queryBounds.length}
          className={textClass}
          value={draft}
          onChange={({ target }) => {
            write(target.value, target.selectionStart ?? target.value.length);
            setOpen(true);
          }}
          onSelect={({ currentTarget }) => setCursor(currentTarget.selectionStart ?? 0)}
          onScroll={({ currentTarget }) => {
            if (mark.current) mark.current.scrollLeft = currentTarget.scrollLeft;
          }}
          onFocus={() => setWriting(true)}
          onBlur={() => {
            setWriting(false);
            setOpen(false);
          }}
          onKeyDown={onKeyDown}
        />
        {problem && <QueryMark ref={mark} text={draft} problem={problem} className={textClass} />}
        <div className="absolute inset-y-0 right-1 flex items-center">
          {draft !== text && (
            <Button
              variant="ghost"
              size="iconSm"
              aria-label="Search"
              title="Search (Enter)"
              className="text-accent"
              onClick={() => ask(draft)}
            >
              <CornerDownLeft aria-hidden />
            </Button>
          )}
          {draft !== "" && (
            <Button
              variant="ghost"
              size="iconSm"
              aria-label="Clear the query"
              title="Clear"
              onClick={() => {
                write("", 0);
                ask("");
                input.current?.focus();
              }}
            >
              <X aria-hidden />
            </Button>
          )}
        </div>
        <QueryCompletions
          id={id}
          completions={completions}
          active={active}
          onChoose={accept}
          className={cx(!expanded && "hidden")}
        />
      </div>
      {problem && (
        <QueryProblemLine
          id={`${id}-problem`}
          problem={problem}
          grave={refused || draft === text}
        />
      )}
    </div>
  );
}

/** The place after a step among `count` completions and the text itself, which is -1. */
function next(active: number, step: number, count: number): number {
  return ((active + 1 + step + count + 1) % (count + 1)) - 1;
}
