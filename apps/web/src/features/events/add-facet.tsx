import { dimension } from "@muniment/shared/events.ts";
import { Plus } from "lucide-react";
import { useId, useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";
import { Popover } from "../../ui/popover.tsx";
import { fieldLabel } from "./field-names.ts";
import { useAddedFacets, useUpdate } from "./use-explorer.ts";

/** Adds a property to count. `paths` are fields that the loaded events have. */
export function AddFacet({ paths }: { paths: readonly string[] }) {
  const [open, setOpen] = useState(false);
  const [path, setPath] = useState("");
  const [error, setError] = useState<string>();
  const added = useAddedFacets();
  const update = useUpdate();
  const list = useId();
  const add = (field: string) => {
    const parsed = dimension.safeParse(field);
    if (!parsed.success) {
      setError("a path like address or request.status");
      return;
    }
    update({ facets: [...new Set([parsed.data, ...added])].slice(0, 8) });
    setPath("");
    setError(undefined);
    setOpen(false);
  };
  return (
    <Popover
      label="Count a property"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button variant="ghost" size="sm" className="justify-self-start">
          <Plus aria-hidden />
          Count a property
        </Button>
      }
    >
      <form
        className="grid gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          add(`props.${path.trim()}`);
        }}
      >
        <Field label="Property" hint="Its path, with dots between the steps." error={error}>
          {(control) => (
            <Input
              {...control}
              className="font-mono"
              list={list}
              value={path}
              onChange={(event) => setPath(event.target.value)}
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
        <datalist id={list}>
          {paths.map((field) => (
            <option key={field} value={fieldLabel(field)} />
          ))}
        </datalist>
        <Button type="submit" variant="primary" className="justify-self-end">
          Count
        </Button>
      </form>
    </Popover>
  );
}
