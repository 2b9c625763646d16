import type { AskedSearch } from "@muniment/shared/insights.ts";
import { Link } from "@tanstack/react-router";
import { formatCount } from "../../ui/format-count.ts";
import { Notice } from "../../ui/notice.tsx";
import { SearchForm } from "./search-form.tsx";
import type { Answer } from "./use-ask.ts";

/** An answer as it comes: the search, what it found, and the text, which is shown as text and nothing else. */
export function AnswerView(props: { answer: Answer; onSearch: (search: AskedSearch) => void }) {
  const { answer, onSearch } = props;
  const { state, search, found, text } = answer;
  return (
    <section aria-label="Answer" className="grid gap-3 border-t pt-4">
      {(search || state === "failed") && (
        <SearchForm
          key={JSON.stringify(search)}
          search={search ?? { query: "" }}
          pending={state === "asking"}
          onSearch={onSearch}
        />
      )}
      <div aria-live="polite" className="grid gap-3">
        {state === "asking" && text === "" && (
          <p className="text-sm text-muted">{progress(answer)}</p>
        )}
        {found && search && (
          <p className="text-sm text-muted">
            {found.total === 1 ? "1 event" : `${formatCount(found.total)} events`} found, the newest{" "}
            {formatCount(found.shown)} of them shown to the model.{" "}
            <Link to="/events" search={explorerSearch(search)} className="text-accent underline">
              See them all
            </Link>
          </p>
        )}
        {text !== "" && (
          <p className="max-w-prose text-sm break-words whitespace-pre-wrap" data-testid="answer">
            {text}
          </p>
        )}
        {state === "stopped" && <Notice tone="info">Stopped.</Notice>}
        {answer.cut && <Notice tone="warn">The answer was longer and is cut here.</Notice>}
        {answer.problem && <Notice tone="danger">{answer.problem}</Notice>}
        {text !== "" && state !== "asking" && (
          <p className="text-xs text-muted">
            Written by a model from events that anybody may have sent. Check it against the events.
          </p>
        )}
      </div>
    </section>
  );
}

function progress({ search, found }: Answer): string {
  if (!search) return "The model writes a search…";
  return found ? "The model answers…" : "Searching…";
}

const explorerSearch = ({ query, from, to }: AskedSearch) => ({
  query,
  ...(from === undefined && to === undefined ? { range: "all" as const } : { from, to }),
});
