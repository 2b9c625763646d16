import { ToggleGroup } from "radix-ui";
import { rangeLabels } from "../../event-range.ts";
import type { OverviewRange } from "./overview-search.ts";

const shortLabels = { "24h": "24 h", "7d": "7 days", "30d": "30 days", all: "All" } as const;

type Props = {
  options: readonly OverviewRange[];
  value: OverviewRange;
  onChange: (range: OverviewRange) => void;
};

export function RangeSwitch({ options, value, onChange }: Props) {
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
