import { CalendarClock, ChevronDown } from "lucide-react";
import { useState } from "react";
import { rangeLabels, rangeNames, type TimeChoice } from "../../event-range.ts";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Field } from "../../ui/field.tsx";
import { Input } from "../../ui/input.tsx";
import { fromLocalInput, toLocalInput } from "../../ui/local-input.ts";
import { Popover } from "../../ui/popover.tsx";
import { timeLabel } from "./local-time.ts";
import { useTimeChoice, useUpdate } from "./use-explorer.ts";

/** Chooses a range that ends now, or two moments. */
export function TimeRange() {
  const time = useTimeChoice();
  const update = useUpdate();
  const [open, setOpen] = useState(false);
  const fixed = time.from !== undefined || time.to !== undefined;
  const choose = (choice: TimeChoice) => {
    update({ range: undefined, from: undefined, to: undefined, ...choice });
    setOpen(false);
  };
  return (
    <Popover
      label="Time range"
      align="end"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button
          aria-label={`Time range: ${timeLabel(time, Date.now())}`}
          className="min-w-0 shrink"
        >
          <CalendarClock aria-hidden className="text-faint" />
          <span className="truncate">{timeLabel(time, Date.now())}</span>
          <ChevronDown aria-hidden className="text-faint" />
        </Button>
      }
    >
      <div className="grid gap-3">
        <ul className="grid gap-0.5">
          {rangeNames.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-pressed={!fixed && time.range === name}
                onClick={() => choose({ range: name })}
                className={cx(
                  "h-8 w-full rounded-md px-2 text-left text-sm hover:bg-line/60",
                  !fixed && time.range === name && "bg-accent-soft font-medium text-accent",
                )}
              >
                {rangeLabels[name]}
              </button>
            </li>
          ))}
        </ul>
        <CustomRange time={time} onChoose={(from, to) => choose({ from, to })} />
      </div>
    </Popover>
  );
}

function CustomRange(props: { time: TimeChoice; onChoose: (from?: string, to?: string) => void }) {
  const [from, setFrom] = useState(toLocalInput(props.time.from));
  const [to, setTo] = useState(toLocalInput(props.time.to));
  const [error, setError] = useState<string>();
  return (
    <form
      className="grid gap-3 border-t pt-3"
      onSubmit={(event) => {
        event.preventDefault();
        const start = fromLocalInput(from);
        const end = fromLocalInput(to);
        if (start === undefined) setError("choose a start");
        else if (end !== undefined && end <= start) setError("must lie before the end");
        else props.onChoose(start, end);
      }}
    >
      <Field label="From" hint="Your local time." error={error}>
        {(control) => (
          <Input
            {...control}
            type="datetime-local"
            step={1}
            value={from}
            onChange={(event) => setFrom(event.target.value)}
          />
        )}
      </Field>
      <Field label="To" hint="Not included; empty for now.">
        {(control) => (
          <Input
            {...control}
            type="datetime-local"
            step={1}
            value={to}
            onChange={(event) => setTo(event.target.value)}
          />
        )}
      </Field>
      <Button type="submit" variant="primary" className="justify-self-end">
        Show
      </Button>
    </form>
  );
}
