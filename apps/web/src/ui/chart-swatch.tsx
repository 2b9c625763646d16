/** The colour of a series beside its name; `color` is a custom property, `--series-1`. */
export function Swatch({ color }: { color: string }) {
  return (
    <span
      aria-hidden
      className="size-2.5 shrink-0 rounded-xs"
      style={{ backgroundColor: `var(${color})` }}
    />
  );
}
