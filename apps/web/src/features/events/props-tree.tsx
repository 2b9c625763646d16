import type { Scalar } from "@muniment/shared/event-query/query.ts";
import { isRecord, isScalar } from "./prop-paths.ts";
import { ValueFilter } from "./value-filter.tsx";

type Props = { props: Record<string, unknown> };

const colors = {
  string: "text-ok",
  number: "text-info",
  boolean: "text-critical",
  object: "text-faint",
} as const;

/** An event's properties as a tree that folds. */
export function PropsTree({ props }: Props) {
  return (
    <div className="rounded-md border bg-sunken px-3 py-2 font-mono text-xs leading-5">
      <Branch entries={Object.entries(props)} path="" />
    </div>
  );
}

/** `path` is null below a list, whose elements no filter can name. */
function Branch({ entries, path }: { entries: [string, unknown][]; path: string | null }) {
  return (
    <ul className="grid grid-cols-[minmax(0,1fr)] gap-0.5">
      {entries.map(([key, value]) => (
        <li key={key} className="min-w-0">
          <Node name={key} value={value} path={step(path, key)} />
        </li>
      ))}
    </ul>
  );
}

function Node({ name, value, path }: { name: string; value: unknown; path: string | null }) {
  if (isScalar(value)) {
    return (
      <span className="flex items-start gap-1">
        <span className="min-w-0 wrap-anywhere whitespace-pre-wrap">
          <span className="text-muted">{name}: </span>
          <Leaf value={value} />
        </span>
        {path !== null && <ValueFilter field={`props.${path}`} value={value} />}
      </span>
    );
  }
  const list = Array.isArray(value);
  const entries = isRecord(value) || list ? Object.entries(value) : [];
  const size = list ? `[${entries.length}]` : `{${entries.length}}`;
  if (entries.length === 0) {
    return (
      <span>
        <span className="text-muted">{name}: </span>
        {list ? "[]" : "{}"}
      </span>
    );
  }
  return (
    <details open>
      <summary className="text-muted">
        {name} <span className="text-faint">{size}</span>
      </summary>
      <div className="border-l pl-3">
        <Branch entries={entries} path={list ? null : path} />
      </div>
    </details>
  );
}

function Leaf({ value }: { value: Scalar }) {
  const type = typeof value;
  const color = type in colors ? colors[type as keyof typeof colors] : undefined;
  return <span className={color}>{JSON.stringify(value)}</span>;
}

/** Paths are written with dots, so that a key with a dot has none. */
function step(path: string | null, key: string): string | null {
  if (path === null || key === "" || /[\s.]/.test(key)) return null;
  return path === "" ? key : `${path}.${key}`;
}
