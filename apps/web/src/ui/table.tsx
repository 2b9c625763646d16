import type { ComponentProps, ReactNode } from "react";
import { cx } from "./class-names.ts";

/** A table that scrolls inside its own box. `caption` is for screen readers. */
export function Table(props: { caption: string; columns: readonly Column[]; children: ReactNode }) {
  return (
    <section
      aria-label={props.caption}
      // Focusable because a keyboard must be able to scroll it.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
      tabIndex={0}
      className="relative overflow-x-auto rounded-lg border bg-surface"
    >
      <table className="w-full border-collapse text-sm">
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
