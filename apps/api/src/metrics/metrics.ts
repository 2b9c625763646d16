import type { Database } from "@muniment/db/database.ts";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { DatabaseHealth } from "../database-health.ts";
import { readState } from "./read-state.ts";

/** What became of the events of one batch. */
export type Received = { accepted: number; duplicates: number; rejected: number };

/** What this node tells Prometheus of itself (docs/metrics.md). Counters begin with the process. */
export type Metrics = {
  /** Counts a call and how long it took, in seconds; `procedure` is a name of ours, not what a caller made up. */
  answered(procedure: string, status: number, seconds: number): void;
  received(events: Received): void;
  /** Counts a call that took longer than SLOW_REQUEST_MS. */
  slow(procedure: string): void;
  /** Counts an error that the server did not choose. */
  unexpected(): void;
  readonly contentType: string;
  /** All metrics in the text format; without those of the database's state where it does not tell them. */
  text(): Promise<string>;
};

export type MetricsSources = {
  database: Database;
  health: Pick<DatabaseHealth, "available" | "guard">;
  sealer: { problem(): string | null };
  tails: { readonly count: number };
  spaces: { readonly enough: boolean }[];
  limits: { isApart(): boolean };
  now: () => Date;
};

/** From what a cheap look takes to what ends a search. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is asked of this process at each look. */
function addOwnState(
  registers: Registry[],
  { health, sealer, tails, spaces, limits }: MetricsSources,
): void {
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  gauge("muniment_database_available", "1 while this node reaches the database, else 0", () =>
    Number(health.available),
  );
  gauge(
    "muniment_audit_log_extended",
    "1 while this node may extend the audit log, 0 where what is stored contradicts what was signed",
    () => Number(sealer.problem() === null),
  );
  gauge("muniment_disk_space_available", "1 while the disks have room for what grows, else 0", () =>
    Number(spaces.every(({ enough }) => enough)),
  );
  gauge(
    "muniment_limits_shared",
    "1 while limits are counted where they are meant to be, 0 while this node counts apart from others",
    () => Number(!limits.isApart()),
  );
  gauge("muniment_tails", "Live tails that are open on this node", () => tails.count);
}

/** What all nodes share, as one statement tells it; answers what takes its result. */
function stateGauges(registers: Registry[]) {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const entries = gauge("muniment_audit_log_entries", "Entries of the audit log that are sealed");
  const sealedAt = gauge(
    "muniment_audit_log_sealed_timestamp_seconds",
    "When the newest checkpoint of the audit log was signed",
  );
  const due = gauge("muniment_jobs_due", "Jobs whose time has come and that are not done");
  const givenUp = gauge("muniment_jobs_given_up", "Jobs that failed for good, of the last 30 days");
  const alerts = gauge("muniment_alerts_open", "Alerts that no administrator has resolved");
  return (state: Awaited<ReturnType<typeof readState>>) => {
    entries.set(state.auditEntries);
    sealedAt.set(state.auditSealedAt.getTime() / 1000);
    due.set(state.jobsDue);
    givenUp.set(state.jobsGivenUp);
    alerts.set(state.alertsOpen);
  };
}

export function createMetrics(sources: MetricsSources): Metrics {
  const own = new Registry();
  const shared = new Registry();
  collectDefaultMetrics({ register: own });
  addOwnState([own], sources);
  const setState = stateGauges([shared]);
  const calls = new Counter({
    name: "muniment_calls_total",
    help: "Calls that were answered, by procedure and HTTP status",
    labelNames: ["procedure", "status"],
    registers: [own],
  });
  const durations = new Histogram({
    name: "muniment_call_duration_seconds",
    help: "How long calls took on this node, by procedure",
    labelNames: ["procedure"],
    buckets,
    registers: [own],
  });
  const events = new Counter({
    name: "muniment_events_total",
    help: "Events that were sent to this node, by what became of them",
    labelNames: ["outcome"],
    registers: [own],
  });
  const slow = new Counter({
    name: "muniment_slow_calls_total",
    help: "Calls that took longer than SLOW_REQUEST_MS, by procedure",
    labelNames: ["procedure"],
    registers: [own],
  });
  const unexpected = new Counter({
    name: "muniment_unexpected_errors_total",
    help: "Errors that the server did not choose, each in the log with its stack",
    registers: [own],
  });
  return {
    answered(procedure, status, seconds) {
      calls.inc({ procedure, status });
      durations.observe({ procedure }, seconds);
    },
    received({ accepted, duplicates, rejected }) {
      events.inc({ outcome: "accepted" }, accepted);
      events.inc({ outcome: "duplicate" }, duplicates);
      events.inc({ outcome: "rejected" }, rejected);
    },
    slow: (procedure) => slow.inc({ procedure }),
    unexpected: () => unexpected.inc(),
    contentType: own.contentType,
    async text() {
      const { database, health, now } = sources;
      const state = await health.guard(() => readState(database, now())).catch(() => null);
      if (!state) return own.metrics();
      setState(state);
      return `${await own.metrics()}${await shared.metrics()}`;
    },
  };
}
