import { startReceiver } from "./receiver.ts";

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number };
type Attribute = { key: string; value: Value };
export type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes: Attribute[];
  status: { code?: number };
};
export type SentRecord = {
  traceId?: string;
  spanId?: string;
  severityText: string;
  body: Value;
  attributes: Attribute[];
};

/** A value as it was before it was written in the JSON form of protobuf. */
export const attributesOf = ({ attributes }: { attributes: Attribute[] }) =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue,
    ]),
  );

/** A real collector: an HTTP server that keeps what is sent to it by OTLP in JSON. */
export async function startCollector() {
  const receiver = await startReceiver();
  receiver.answer.body = "{}";
  receiver.answer.headers = { "content-type": "application/json" };
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
  return {
    ...receiver,
    endpoint: `http://127.0.0.1:${receiver.port}`,
    spans: (): SentSpan[] =>
      bodies().flatMap(({ resourceSpans = [] }) =>
        resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: SentSpan[] }[] }) =>
          scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    records: (): SentRecord[] =>
      bodies().flatMap(({ resourceLogs = [] }) =>
        resourceLogs.flatMap(({ scopeLogs }: { scopeLogs: { logRecords: SentRecord[] }[] }) =>
          scopeLogs.flatMap(({ logRecords }) => logRecords),
        ),
      ),
    /** What all of it says of its sender. */
    senders: () =>
      bodies().flatMap(({ resourceSpans = [], resourceLogs = [] }) =>
        [...resourceSpans, ...resourceLogs].map(({ resource }) => attributesOf(resource)),
      ),
  };
}
