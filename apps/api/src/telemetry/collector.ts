import { type ExportResult, ExportResultCode } from "@opentelemetry/core";
import type { Logger } from "pino";

const silenceMilliseconds = 60_000;
const longestReason = 200;

type Exporter<Item> = {
  export(items: Item[], done: (result: ExportResult) => void): void;
};

function reasonOf({ error }: ExportResult): string {
  const code = error && "code" in error ? `${error.code} ` : "";
  return `${code}${error?.message ?? "unknown"}`.slice(0, longestReason);
}

/** Listens to what becomes of what is sent, and tells at most once a minute that it is not taken. */
export class Collector {
  log: Logger | undefined;
  #lost = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  /** Has an exporter listened to. */
  watch<Item, Exporting extends Exporter<Item>>(
    exporter: Exporting & Exporter<Item>,
    now = () => performance.now(),
  ): Exporting {
    const send = exporter.export.bind(exporter);
    exporter.export = (items, done) =>
      send(items, (result) => {
        this.#note(result, items.length, now());
        done(result);
      });
    return exporter;
  }

  #note(result: ExportResult, items: number, at: number): void {
    if (result.code === ExportResultCode.SUCCESS) return;
    this.#lost += items;
    if (at - this.#toldAt < silenceMilliseconds) return;
    this.#toldAt = at;
    this.log?.warn(
      { lost: this.#lost, reason: reasonOf(result) },
      "the collector does not take what is sent",
    );
    this.#lost = 0;
  }
}
