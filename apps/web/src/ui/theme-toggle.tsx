import { Monitor, Moon, Sun } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { useState } from "react";
import { readTheme, type Theme, writeTheme } from "./theme.ts";

const choices = [
  { value: "system", label: "Follow the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
] as const satisfies readonly { value: Theme; label: string; icon: unknown }[];

export function ThemeToggle() {
  const [theme, setTheme] = useState(readTheme);
  return (
    <ToggleGroup.Root
      type="single"
      value={theme}
      aria-label="Theme"
      onValueChange={(value) => {
        const chosen = choices.find((choice) => choice.value === value)?.value;
        if (!chosen) return;
        writeTheme(chosen);
        setTheme(chosen);
      }}
      className="inline-flex rounded-md border p-0.5"
    >
      {choices.map(({ value, label, icon: Icon }) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          aria-label={label}
          title={label}
          className="grid size-6 place-items-center rounded text-faint hover:text-ink data-[state=on]:bg-line data-[state=on]:text-ink"
        >
          <Icon aria-hidden className="size-3.5" />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
