import { printEventQuery } from "@muniment/shared/event-query/print.ts";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Popover } from "../../ui/popover.tsx";
import { Select } from "../../ui/select.tsx";
import { type FilterKind, filterKinds } from "./filter-kinds.ts";
import { FilterValue } from "./filter-value.tsx";
import { askFor } from "./query-terms.ts";
import { useAsked, useUpdate } from "./use-explorer.ts";

/** Adds a term to the query by hand: a field and what it must be. */
export function AddFilter() {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      label="Add a filter"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="ghost" size="sm">
          <Plus aria-hidden />
          Add filter
        </Button>
      }
    >
      <FilterForm onDone={() => setOpen(false)} />
    </Popover>
  );
}

function FilterForm({ onDone }: { onDone: () => void }) {
  const [kind, setKind] = useState<FilterKind>(filterKinds[0]);
  const [value, setValue] = useState("");
  const [path, setPath] = useState("");
  const [error, setError] = useState<string>();
  const { query } = useAsked();
  const update = useUpdate();
  return (
    <form
      className="grid gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        const term = kind.term(value.trim(), path.trim());
        const next = query && term && askFor(query, term);
        if (!next) {
          setError(term ? "the query cannot take more; correct or shorten it first" : kind.problem);
          return;
        }
        update({ query: printEventQuery(next) });
        onDone();
      }}
    >
      <Field label="Field">
        {(control) => (
          <Select
            {...control}
            value={kind.name}
            onChange={({ target }) => {
              setKind(filterKinds.find(({ name }) => name === target.value) ?? kind);
              setValue("");
              setError(undefined);
            }}
          >
            {filterKinds.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </Select>
        )}
      </Field>
      <FilterValue
        kind={kind}
        value={value}
        onValue={setValue}
        path={path}
        onPath={setPath}
        error={error}
      />
      <Button type="submit" variant="primary" className="justify-self-end">
        Add
      </Button>
    </form>
  );
}
