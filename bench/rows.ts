import { readFileSync } from "node:fs";
import type { Bench } from "./servers.ts";

/** One line of the table: a rate of ours beside a yardstick's, and how much of it is asked for. */
export type Row = {
  name: string;
  unit: string;
  ours: number;
  plain: number;
  /** Shares of the yardstick between which half of the pairs lie, from 0; absent where it was not measured in pairs. */
  spread?: readonly [number, number];
  /** The largest share of the processors' time that the host took from one of these pairs, from 0. */
  stolen?: number;
  /** Percent of the yardstick; absent where nothing is promised. */
  target?: number;
  note: string;
};

/** What can be measured by itself: a line of the table, a sentence below it, or both. */
export type Part = (
  bench: Bench,
  user: { cookie: string; userId: string },
) => Promise<{ row?: Row; note?: string }>;

/** Resident memory of a process, in MB. */
export function residentMegabytes(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

/** The most memory that a process has ever held, in MB. */
export function mostMegabytes(pid: number): number {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kilobytes) / 1024;
}

/** A tick of the kernel's clock for processes, 100 a second. */
const microsecondsPerTick = 10_000;

/** CPU time that a process has used so far, in microseconds: what of a measurement holds on a busy machine. */
export function cpuMicroseconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * microsecondsPerTick;
}
