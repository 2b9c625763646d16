import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { makeSender, sendText } from "./events-sender.ts";
import { startTestServer, type TestServer } from "./harness.ts";

// biome-ignore lint/suspicious/noExplicitAny: the document is looked into everywhere
type Document = any;

let server: TestServer;
let document: Document;
let ajv: Ajv2020;
let key: string;

beforeAll(async () => {
  server = await startTestServer({ env: { INGEST_RATE_LIMIT_MAX: "60" } });
  await server.admin();
  ({ key } = await makeSender(server));
  document = await (await server.fetch("/api/openapi.json")).json();
  ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, "api");
});
afterAll(() => server.stop());

const bearer = (given = key) => ({ authorization: `Bearer ${given}` });
const operation = (method: string) => document.paths["/api/v1/events"][method];

/** Why a value does not fit a component; empty where it does. */
function misfits(component: string, value: unknown): string {
  const validate = ajv.getSchema(`api#/components/schemas/${component}`);
  if (!validate) throw new Error(component);
  return validate(value) ? "" : ajv.errorsText(validate.errors);
}

/** Holds an answer to what the description says of its status. */
async function expectAsDescribed(method: string, response: Response) {
  const described = operation(method).responses[String(response.status)];
  expect(described, `${method} ${response.status}`).toBeDefined();
  const body = (await response.json()) as Document;
  const component = described.content["application/json"].schema.$ref.split("/").at(-1);
  expect([component, misfits(component, body)]).toEqual([component, ""]);
  if (response.status !== 200) expect(described.description).toContain(body.error.reason);
  return body;
}

const post = (body: string, headers: Record<string, string> = {}) =>
  server.fetch("/api/v1/events", {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(), ...headers },
    body,
  });
const search = (query: string, headers: Record<string, string> = bearer()) =>
  server.fetch(`/api/v1/events${query}`, { headers });

test("is a document of OpenAPI 3.1", async () => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(document));
  expect([valid, errors]).toEqual([true, undefined]);
  expect(validator.version).toBe("3.1");
});

test("says of each route what its procedure demands", () => {
  expect(operation("post").security).toEqual([{ apiKey: ["events:write"] }]);
  expect(operation("get").security).toContainEqual({ apiKey: ["events:read"] });
  expect(operation("get").parameters.map(({ name }: { name: string }) => name)).toEqual(
    expect.arrayContaining(["agentId", "types", "levels", "query", "from", "to", "cursor"]),
  );
});

test("answers are as described: what was stored, refused one by one, and searched", async () => {
  const events = [{ type: "a.b" }, { type: "A" }, { type: "a", props: { deep: [1, { x: null }] } }];
  const sent = await post(JSON.stringify({ events }));
  const receipt = await expectAsDescribed("post", sent);
  expect(receipt).toMatchObject({ accepted: 2, rejected: [{ index: 1 }] });
  expect(sent.headers.get("ratelimit-policy")).toMatch(/^"[a-z_]+";q=\d+;w=\d+$/);
  expect(sent.headers.get("ratelimit")).toMatch(/^"[a-z_]+";r=\d+;t=\d+$/);
  expect(sent.headers.get("x-request-id")).not.toBeNull();
  const page = await expectAsDescribed("get", await search("?limit=1"));
  expect(page.items).toHaveLength(1);
});

test("its examples work as they stand", async () => {
  const { example } = operation("post").requestBody.content["application/json"];
  expect(misfits("Batch", example)).toBe("");
  expect(await (await post(JSON.stringify(example))).json()).toMatchObject({ accepted: 1 });
  for (const parameter of operation("get").parameters) {
    const value = parameter.example ?? parameter.content?.["application/json"].example;
    if (value === undefined) continue;
    const text = parameter.content ? JSON.stringify(value) : [value].flat().join(",");
    const answer = await search(`?${parameter.name}=${encodeURIComponent(text)}`);
    expect([parameter.name, answer.status]).toEqual([parameter.name, 200]);
    await expectAsDescribed("get", answer);
  }
});

test.each([
  ["a whole event", { id: "0193a5c2-7b1e-7c3d-9a52-4f6f3d0e8b1f", type: "a", level: "warn" }],
  ["a time with an offset", { type: "a", occurredAt: "2016-11-21T08:00:00+02:00" }],
  ["no type", { message: "x" }],
  ["a type in capitals", { type: "Login" }],
  ["an id of another version", { id: "0193a5c2-7b1e-4c3d-9a52-4f6f3d0e8b1f", type: "a" }],
  ["an unknown level", { type: "a", level: "fatal" }],
  ["an unknown field", { type: "a", host: "web-1" }],
  ["a time without a zone", { type: "a", occurredAt: "2026-11-21T08:00:00" }],
  ["a subject that is too long", { type: "a", subject: "x".repeat(257) }],
  ["a seq below 0", { type: "a", seq: -1 }],
  ["props that are a list", { type: "a", props: [] }],
  ["null for a field", { type: "a", message: null }],
])("the description and the server judge %s alike", async (_, event) => {
  const { body } = await sendText(server, key, JSON.stringify({ events: [event] }));
  const fits = misfits("Batch", { events: [event] }) === "";
  expect(fits).toBe(body.rejected.length === 0);
});

test("refusals are as described", async () => {
  const { key: reader } = await makeSender(server, { scopes: ["events:read"] });
  const cases: [string, number, Response][] = [
    ["post", 400, await post("{")],
    ["post", 400, await post('{"events":[]}')],
    ["post", 401, await post("{}", { authorization: "Bearer mnt_wrong" })],
    ["post", 403, await post("{}", bearer(reader))],
    ["post", 413, await post(" ".repeat(10_485_761))],
    ["post", 415, await post("{}", { "content-type": "text/plain" })],
    ["get", 400, await search("?limit=0")],
    ["get", 400, await search("?cursor=none")],
    ["get", 400, await search("?query=level%3E")],
    ["get", 400, await search("?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z")],
    ["get", 401, await search("", {})],
  ];
  for (const [method, status, response] of cases) {
    expect([method, status]).toEqual([method, response.status]);
    await expectAsDescribed(method, response);
  }
});

test("a search that finds too many waiting is answered as described, with the time to wait", async () => {
  const { database } = server.deps;
  const busy = Object.assign(new Error("too many wait"), { code: "POOL_BUSY" });
  const asked = vi.spyOn(database, "quickSearches").mockImplementation(() => {
    throw busy;
  });
  const refused = await search("?query=level%3Ewarn");
  asked.mockRestore();
  expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([503, 2]);
  await expectAsDescribed("get", refused);
});

test("a limit is answered as described, with the time to wait", async () => {
  const { key: busy } = await makeSender(server);
  let refused: Response | undefined;
  for (let calls = 0; calls <= 60 && !refused; calls += 1) {
    const answer = await post('{"events":[{}]}', bearer(busy));
    if (answer.status === 429) refused = answer;
    else await answer.body?.cancel();
  }
  if (!refused) throw new Error("never limited");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  await expectAsDescribed("post", refused);
});

test("is not there where API_DOCS is off", async () => {
  const closed = await startTestServer({ env: { API_DOCS: "off" } });
  try {
    const answer = await closed.fetch("/api/openapi.json", { headers: { accept: "text/html" } });
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { reason: "not_found" } });
  } finally {
    await closed.stop();
  }
});
