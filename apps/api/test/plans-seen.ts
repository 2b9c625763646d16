import type { Socket } from "node:net";

/** A plan by which PostgreSQL ran a statement, with all that is below it. */
type Plan = {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  /** Of a statement that was run. */
  "Actual Rows"?: number;
  "Actual Loops"?: number;
  Plans?: Plan[];
};
/** What `explain` with `format json` answers. */
export type Explained = { "QUERY PLAN": [{ Plan: Plan }] };
export type Seen = { text: string; nodes: Plan[] };

/** The settings by which PostgreSQL tells over the connection of every statement how it ran it, also in functions. */
export const tellingPlans = {
  session_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": "0",
  "auto_explain.log_nested_statements": "on",
  "auto_explain.log_format": "json",
  "auto_explain.log_level": "notice",
};

const notice = 0x4e;
const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

/** The plan of `explain` and all that is below it. */
export function nodesOfExplained(row: Explained | undefined): Plan[] {
  if (!row) throw new Error("no plan");
  return nodesOf(row["QUERY PLAN"][0].Plan);
}

function toSeen(fields: string): Seen[] {
  const told = fields.split("\0").find((field) => field.startsWith("Mduration: "));
  if (!told) return [];
  const { "Query Text": text, Plan: plan } = JSON.parse(told.slice(told.indexOf("{")));
  return [{ text, nodes: nodesOf(plan) }];
}

/** Reads along what comes over a socket to PostgreSQL, and tells the plans among it. */
export function readAlong(socket: Socket, tell: (seen: Seen) => void): Socket {
  let bytes = Buffer.alloc(0);
  const read = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 5) {
      const end = 1 + bytes.readInt32BE(1);
      if (bytes.length < end) return;
      if (bytes[0] === notice) toSeen(bytes.toString("utf8", 5, end)).forEach(tell);
      bytes = bytes.subarray(end);
    }
  };
  const emit = socket.emit.bind(socket);
  // Unlike a listener, it takes nothing from whoever comes to listen later.
  socket.emit = (name: string | symbol, ...values: unknown[]) => {
    if (name === "data") read(values[0] as Buffer);
    return emit(name, ...values);
  };
  return socket;
}
