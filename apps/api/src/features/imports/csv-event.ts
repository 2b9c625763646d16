import { eventFields } from "@muniment/shared/events.ts";
import { exportColumns } from "@muniment/shared/exports.ts";
import type { ImportField } from "@muniment/shared/imports.ts";
import { type Cell, readCells, readHeader } from "./csv-cells.ts";
import { parseLight } from "./parse-light.ts";
import { Unreadable } from "./unreadable.ts";

/** What is done with the cells of a column. */
type Column = { field: ImportField } | { prop: string } | null;

export type CsvPlan = {
  separator: string;
  columns: Column[];
  /** The file is one of our exports: what was done to its cells is undone. */
  isExport: boolean;
  type: string | null;
};

const same = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/**
 * Reads the first row of a CSV file: which column holds which field. A column of any other name is a
 * property of that name.
 * @throws Unreadable with a sentence for people
 */
export function planCsv(
  row: string,
  named: Partial<Record<ImportField, string>>,
  type: string | null,
): CsvPlan {
  const header = readHeader(row);
  if (!header) throw new Unreadable("invalid_csv", "The first row is not CSV.");
  const { names, separator } = header;
  const isExport = names.join() === exportColumns.join();
  const seen = new Set<string>();
  const columns = names.map((name): Column => {
    if (isExport && (name === "agentId" || name === "receivedAt")) return null;
    const field =
      eventFields.find((one) => named[one] === name) ??
      eventFields.find((one) => named[one] === undefined && same(one, name));
    const key = field ?? `.${name}`;
    if (name === "" || seen.has(key)) {
      throw new Unreadable(
        "invalid_csv",
        name === "" ? "A column has no name." : `There are two columns for ${field ?? name}.`,
      );
    }
    seen.add(key);
    return field ? { field } : { prop: name };
  });
  const missing = eventFields.find((one) => named[one] !== undefined && !seen.has(one));
  if (missing) {
    throw new Unreadable("invalid_csv", `There is no column ${named[missing]} for ${missing}.`);
  }
  if (!seen.has("type") && type === null) {
    throw new Unreadable(
      "invalid_csv",
      "No column holds the type of the events: name one, or give a type for all of them.",
    );
  }
  return { separator, columns, isExport, type: seen.has("type") ? null : type };
}

/** Takes away the apostrophe that an export puts before what a spreadsheet would take for a formula. */
const undone = (text: string) => (/^'+[=+@\t\r\n-]/.test(text) ? text.slice(1) : text);

function propsOf(text: string): string {
  let value: unknown;
  try {
    value = parseLight(text);
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable("invalid_json", "props is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new Unreadable("invalid_event", "props is not a JSON object.");
  }
  return text.trim().slice(1, -1);
}

/** The JSON text of the event that a row of CSV stands for. @throws Unreadable */
export function eventOfRow(row: string, { separator, columns, isExport, type }: CsvPlan): string {
  const cells = readCells(row, separator);
  if (!cells) throw new Unreadable("invalid_csv", "A quote stands where none can.");
  if (cells.length !== columns.length) {
    throw new Unreadable(
      "invalid_csv",
      `The row has ${cells.length} cells, the first one ${columns.length}.`,
    );
  }
  const members: string[] = type === null ? [] : [`"type":${JSON.stringify(type)}`];
  const props: string[] = [];
  let hasProps = false;
  const isAbsent = ({ text, quoted }: Cell) => text === "" && !(isExport && quoted);
  for (const [at, column] of columns.entries()) {
    const cell = cells[at];
    if (!column || !cell || isAbsent(cell)) continue;
    const text = isExport ? undone(cell.text) : cell.text;
    if ("prop" in column) props.push(`${JSON.stringify(column.prop)}:${JSON.stringify(text)}`);
    else if (column.field === "props") {
      hasProps = true;
      const inner = propsOf(text);
      if (inner.trim() !== "") props.push(inner);
    } else {
      const json =
        column.field === "seq" && /^(?:0|[1-9]\d{0,19})$/.test(text) ? text : JSON.stringify(text);
      members.push(`"${column.field}":${json}`);
    }
  }
  if (hasProps || props.length > 0) members.push(`"props":{${props.join(",")}}`);
  return `{${members.join(",")}}`;
}
