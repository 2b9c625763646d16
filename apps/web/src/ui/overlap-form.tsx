import { useState } from "react";
import { Field } from "./field.tsx";
import { Form } from "./form.tsx";
import { Select } from "./select.tsx";

type Props = {
  label: string;
  submitLabel: string;
  /** How long the old and the new may hold at once; a day is chosen at first. */
  overlaps: readonly { seconds: number; label: string }[];
  submitError: string | null;
  pending: boolean;
  onSubmit: (overlapSeconds: number) => void;
  onCancel: () => void;
};

/** Asks how long what is replaced still counts. */
export function OverlapForm({ label, overlaps, onSubmit, ...form }: Props) {
  const [seconds, setSeconds] = useState(86_400);
  return (
    <Form
      {...form}
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit(seconds);
      }}
    >
      <Field label={label}>
        {(control) => (
          <Select
            {...control}
            value={seconds}
            onChange={(event) => setSeconds(Number(event.target.value))}
          >
            {overlaps.map((overlap) => (
              <option key={overlap.seconds} value={overlap.seconds}>
                {overlap.label}
              </option>
            ))}
          </Select>
        )}
      </Field>
    </Form>
  );
}
