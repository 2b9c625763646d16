import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export type Tab<T extends string> = { value: T; label: ReactNode; content: ReactNode };

/** Controlled, so that the page can keep the chosen tab in its URL. */
export function Tabs<T extends string>(props: {
  label: string;
  value: T;
  onValueChange: (value: T) => void;
  tabs: readonly Tab<T>[];
}) {
  return (
    <Radix.Root
      value={props.value}
      onValueChange={(value) => {
        const chosen = props.tabs.find((tab) => tab.value === value);
        if (chosen) props.onValueChange(chosen.value);
      }}
    >
      <Radix.List aria-label={props.label} className="flex gap-4 overflow-x-auto border-b">
        {props.tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px rounded-t border-b-2 -outline-offset-2 border-transparent px-0.5 py-2 text-sm text-muted hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {props.tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
