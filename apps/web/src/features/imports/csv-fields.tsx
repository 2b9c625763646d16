import { eventFields } from "@muniment/shared/events.ts";
import { Field } from "../../ui/field.tsx";
import { Input, Textarea } from "../../ui/input.tsx";

export type CsvValues = { type: string; columns: string };

/** What `field=column` lines say, by field; null where one of them says nothing. */
export function readColumns(text: string): Record<string, string> | null {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const pairs = lines.map((line) => {
    const cut = line.indexOf("=");
    const field = eventFields.find((name) => name === line.slice(0, cut).trim());
    const column = line.slice(cut + 1).trim();
    return field && column ? ([field, column] as const) : null;
  });
  return pairs.includes(null) ? null : Object.fromEntries(pairs.filter((pair) => pair !== null));
}

type Props = {
  values: CsvValues;
  error: string | undefined;
  onChange: (values: CsvValues) => void;
};

/** What a CSV file that is no export has to be asked for. */
export function CsvFields({ values, error, onChange }: Props) {
  return (
    <>
      <Field label="Type" optional hint="Of the events, where no column holds one.">
        {(control) => (
          <Input
            {...control}
            value={values.type}
            onChange={({ target }) => onChange({ ...values, type: target.value })}
            placeholder="shop.order"
            autoComplete="off"
            spellCheck={false}
            className="font-mono"
          />
        )}
      </Field>
      <Field
        label="Columns"
        optional
        error={error}
        hint="One field=column a line, for fields whose column has another name. Other columns become properties."
      >
        {(control) => (
          <Textarea
            {...control}
            value={values.columns}
            onChange={({ target }) => onChange({ ...values, columns: target.value })}
            placeholder={"occurredAt=Time\nmessage=Text"}
            spellCheck={false}
            className="font-mono"
          />
        )}
      </Field>
    </>
  );
}
