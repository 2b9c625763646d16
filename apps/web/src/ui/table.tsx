import { type ComponentProps, type ReactNode, useRef } from "react";
import { cx } from "./class-names.ts";
import { useClipped } from "./use-clipped.ts";

/**
 * Fades what goes on beyond an edge. An element of its own: a background, or one of a pseudo-element, would
 * keep axe from judging the contrast of the whole table.
 */
const edge = "pointer-events-none absolute inset-y-px z-10 w-10 from-surface";

/** A last column of buttons stays in sight; the rest scrolls beneath it and fades at its padding. */
const heldActions =
  "[&_tr>:last-child]:sticky [&_tr>:last-child]:right-0 [&_tr>:last-child]:bg-linear-to-r [&_tr>:last-child]:from-transparent [&_tr>:last-child]:to-surface [&_tr>:last-child]:to-[0.75rem]";

/** A table that scrolls inside its own box, and shows where. `caption` is for screen readers. */
export function Table(props: { caption: string; columns: readonly Column[]; children: ReactNode }) {
  const box = useRef<HTMLElement>(null);
  const { start, end } = useClipped(box);
  const holdsActions = (start || end) && props.columns.at(-1)?.hidden;
  return (
    <div className="relative min-w-0">
      <section
        ref={box}
        aria-label={props.caption}
        // Focusable because a keyboard must be able to scroll it.
        // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
        tabIndex={0}
        className="relative overflow-x-auto rounded-lg border bg-surface"
      >
        <table className={cx("w-full border-collapse text-sm", holdsActions && heldActions)}>
          <caption className="sr-only">{props.caption}</caption>
          <thead>
            <tr className="border-b text-left">
              {props.columns.map((column) => (
                <th
                  key={column.label}
                  scope="col"
                  className={cx(
                    "h-8 px-3 text-xs font-medium whitespace-nowrap text-faint first:pl-4 last:pr-4",
                    column.align === "right" && "text-right",
                    column.wide && "max-sm:hidden",
                  )}
                >
                  {column.hidden ? <span className="sr-only">{column.label}</span> : column.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody className="divide-y">{props.children}</tbody>
        </table>
      </section>
      {start && (
        <span
          aria-hidden
          data-edge="start"
          className={cx(edge, "left-px rounded-l-lg bg-linear-to-r")}
        />
      )}
      {end && !holdsActions && (
        <span
          aria-hidden
          data-edge="end"
          className={cx(edge, "right-px rounded-r-lg bg-linear-to-l")}
        />
      )}
    </div>
  );
}

export type Column = {
  label: string;
  align?: "right";
  /** Left out of a narrow window, where another cell says what its cells say. */
  wide?: boolean;
  /** The heading is only read out, as for a column of buttons. */
  hidden?: boolean;
};

export function Row({ className, ...rest }: ComponentProps<"tr">) {
  return <tr {...rest} className={cx("hover:bg-sunken/60", className)} />;
}

export function Cell({
  className,
  align,
  wide,
  ...rest
}: Omit<ComponentProps<"td">, "align"> & Pick<Column, "align" | "wide">) {
  return (
    <td
      {...rest}
      className={cx(
        "h-10 px-3 py-1.5 align-middle first:pl-4 last:pr-4",
        align === "right" && "text-right",
        wide && "max-sm:hidden",
        className,
      )}
    />
  );
}
