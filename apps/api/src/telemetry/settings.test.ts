import { expect, test } from "vitest";
import { telemetryOf } from "./settings.ts";

const everywhere = () => true;
const onlyHere = (host: string) => host === "127.0.0.1";
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com" };
const settingsOf = (v: Parameters<typeof telemetryOf>[0]) => {
  const { settings, problems } = telemetryOf({ ...endpoint, ...v }, onlyHere);
  expect(problems).toEqual([]);
  return settings;
};
const blamed = (v: Parameters<typeof telemetryOf>[0]) =>
  telemetryOf({ ...endpoint, ...v }, onlyHere).problems.map(({ variable }) => variable);

test("without an endpoint nothing is sent, and nothing is judged", () => {
  expect(telemetryOf({ OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, everywhere)).toEqual({
    settings: null,
    problems: [],
  });
  expect(settingsOf({ OTEL_SDK_DISABLED: "TRUE", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" })).toBeNull();
});

test("with one, everything is sent under the name of the product", () => {
  expect(settingsOf({})).toEqual({
    endpoint: "https://collector.example.com",
    headers: {},
    traces: true,
    logs: true,
    ratio: 1,
    delayMilliseconds: { traces: 1000, logs: 1000 },
    resource: { "service.name": "muniment" },
  });
});

test("the standard variables are followed", () => {
  expect(
    settingsOf({
      OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318/otlp/",
      OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20a%2Cb%3D, x-scope = team=a ,",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=lost,deployment.environment.name=a%20b",
      OTEL_SERVICE_NAME: "events",
      OTEL_TRACES_EXPORTER: "none",
      OTEL_SDK_DISABLED: "false",
      OTEL_BSP_SCHEDULE_DELAY: "5000",
      OTEL_BLRP_SCHEDULE_DELAY: "20",
    }),
  ).toEqual({
    endpoint: "http://127.0.0.1:4318/otlp",
    headers: { authorization: "Bearer a,b=", "x-scope": "team=a" },
    traces: false,
    logs: true,
    ratio: 1,
    delayMilliseconds: { traces: 5000, logs: 20 },
    resource: { "service.name": "events", "deployment.environment.name": "a b" },
  });
});

test.each([
  ["always_on", "0.5", 1],
  ["always_off", undefined, 0],
  ["traceidratio", "0.25", 0.25],
  ["traceidratio", undefined, 1],
  ["parentbased_always_on", undefined, 1],
  ["parentbased_always_off", undefined, 0],
  ["parentbased_traceidratio", "0", 0],
])("%s with %s keeps a part of %s", (sampler, argument, ratio) => {
  const v = { OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument };
  expect(settingsOf(v)?.ratio).toBe(ratio);
});

test.each([
  { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "grpc://collector:4317" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "https://user:secret@collector.example.com" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example.com?key=secret" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector.example.com:4318" },
  { OTEL_EXPORTER_OTLP_HEADERS: "Bearer secret" },
  { OTEL_EXPORTER_OTLP_HEADERS: "a=%zz" },
  { OTEL_EXPORTER_OTLP_HEADERS: "a=b%0d%0Ac" },
  { OTEL_EXPORTER_OTLP_HEADERS: "a b=c" },
  { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
  { OTEL_TRACES_EXPORTER: "jaeger" },
  { OTEL_LOGS_EXPORTER: "console" },
  { OTEL_TRACES_SAMPLER: "jaeger_remote" },
  { OTEL_TRACES_SAMPLER_ARG: "2", OTEL_TRACES_SAMPLER: "traceidratio" },
  { OTEL_TRACES_SAMPLER_ARG: "half" },
  { OTEL_RESOURCE_ATTRIBUTES: "environment" },
  { OTEL_SDK_DISABLED: "yes" },
])("%j is wrong, and is named without its value", (v) => {
  expect(blamed(v)).toEqual([Object.keys(v)[0]]);
  expect(JSON.stringify(telemetryOf({ ...endpoint, ...v }, onlyHere).problems)).not.toContain(
    "secret",
  );
});

test("all that is wrong is told at once", () => {
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "collector",
    OTEL_EXPORTER_OTLP_HEADERS: "x",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_TRACES_SAMPLER: "x",
  };
  expect(blamed(wrong).toSorted()).toEqual(Object.keys(wrong).toSorted());
});

test.each(["", "0", "-1", "1.5", "60001", "1s"])("a delay of %j is refused", (delay) => {
  for (const name of ["OTEL_BSP_SCHEDULE_DELAY", "OTEL_BLRP_SCHEDULE_DELAY"]) {
    expect(blamed({ [name]: delay })).toEqual([name]);
  }
});
