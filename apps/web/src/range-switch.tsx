import { ToggleGroup } from "radix-ui";
import { type RangeName, rangeLabels } from "./event-range.ts";

const shortLabels = {
  "1h": "1 h",
  "24h": "24 h",
  "7d": "7 days",
  "30d": "30 days",
  all: "All",
} as const;

type Props<R extends RangeName> = {
  options: readonly R[];
  value: R;
  onChange: (range: R) => void;
};

/** Chooses a range of time that ends now. */
export function RangeSwitch<R extends RangeName>({ options, value, onChange }: Props<R>) {
  return (
    <ToggleGroup.Root
      type="single"
      value={value}
      aria-label="Time range"
      onValueChange={(next) => {
        const chosen = options.find((option) => option === next);
        if (chosen) onChange(chosen);
      }}
      className="inline-flex rounded-md border border-line-strong bg-surface p-0.5"
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option}
          value={option}
          aria-label={rangeLabels[option]}
          className="h-6.5 rounded px-2.5 text-sm text-muted hover:text-ink data-[state=on]:bg-line data-[state=on]:font-medium data-[state=on]:text-ink"
        >
          {shortLabels[option]}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
