import type { AskedSearch } from "@muniment/shared/insights.ts";
import { timeInput } from "@muniment/shared/values.ts";
import { useState } from "react";
import { readQuery } from "../../event-query.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";

type Props = {
  search: AskedSearch;
  pending: boolean;
  onSearch: (search: AskedSearch) => void;
};

const timeProblem = (text: string) =>
  text === "" || timeInput.safeParse(text).success
    ? undefined
    : "a time such as 2026-11-21T08:00:00Z";

/** The search that an answer rests on; a person can change it and have the question answered from that. */
export function SearchForm({ search, pending, onSearch }: Props) {
  const [query, setQuery] = useState(search.query);
  const [from, setFrom] = useState(search.from ?? "");
  const [to, setTo] = useState(search.to ?? "");
  const { problem } = readQuery(query);
  const wrong = problem !== null || timeProblem(from) || timeProblem(to);
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (wrong || pending) return;
        onSearch({ query, ...(from && { from }), ...(to && { to }) });
      }}
    >
      <Field
        label="Search"
        error={
          problem ? `Expected ${problem.expected} at character ${problem.position + 1}` : undefined
        }
      >
        {(control) => (
          <Input
            {...control}
            value={query}
            autoComplete="off"
            spellCheck={false}
            placeholder="every event"
            className="font-mono"
            onChange={(event) => setQuery(event.target.value)}
          />
        )}
      </Field>
      <div className="grid grid-cols-[repeat(auto-fit,minmax(12rem,1fr))] gap-3">
        <Field label="From" optional error={timeProblem(from)}>
          {(control) => (
            <Input {...control} value={from} onChange={(event) => setFrom(event.target.value)} />
          )}
        </Field>
        <Field label="To" optional error={timeProblem(to)}>
          {(control) => (
            <Input {...control} value={to} onChange={(event) => setTo(event.target.value)} />
          )}
        </Field>
      </div>
      <div>
        <Button
          type="submit"
          size="sm"
          pending={pending}
          disabledReason={wrong ? "The search cannot be read" : undefined}
        >
          Answer from this search
        </Button>
      </div>
    </form>
  );
}
