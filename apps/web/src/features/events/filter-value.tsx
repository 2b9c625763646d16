import { eventLevels } from "@muniment/shared/events.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { namedAgentsQuery, useQueryNames } from "../../agent-names.ts";
import { type ControlProps, Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";
import { Select } from "../../ui/select.tsx";
import type { FilterKind } from "./filter-kinds.ts";

type Props = {
  kind: FilterKind;
  value: string;
  onValue: (value: string) => void;
  path: string;
  onPath: (path: string) => void;
  error: string | undefined;
};

/** The control for a filter's value: a list where the values are known, a box elsewhere. */
export function FilterValue({ kind, value, onValue, path, onPath, error }: Props) {
  const agents = useSuspenseQuery(namedAgentsQuery).data.items;
  const nameOf = useQueryNames();
  const text = (control: ControlProps, current: string, onChange: (value: string) => void) => (
    <Input
      {...control}
      className="font-mono"
      value={current}
      onChange={(event) => onChange(event.target.value)}
      autoComplete="off"
      spellCheck={false}
    />
  );
  const choice = (control: ControlProps, options: readonly { value: string; label: string }[]) => (
    <Select {...control} value={value} onChange={(event) => onValue(event.target.value)}>
      <option value="">Choose</option>
      {options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </Select>
  );
  return (
    <>
      {kind.name === "Property" && (
        <Field label="Path">{(control) => text(control, path, onPath)}</Field>
      )}
      <Field label="Value" hint={kind.hint} error={error}>
        {(control) => {
          if (kind.name === "Level") {
            return choice(
              control,
              eventLevels.map((level) => ({ value: level, label: level })),
            );
          }
          if (kind.name === "Agent") {
            return choice(
              control,
              agents.map(({ id, name }) => ({ value: nameOf(id), label: name })),
            );
          }
          return text(control, value, onValue);
        }}
      </Field>
    </>
  );
}
