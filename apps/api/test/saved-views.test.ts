import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "./client.ts";
import { must, startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let member: Client;
beforeAll(async () => {
  server = await startTestServer({ env: { RATE_LIMIT_USER_MAX: "100000" } });
  member = await server.member();
});
afterAll(() => server.stop());

const view = {
  name: "Failed sign-ins",
  query: "type:ssh.login.failed level>=warn",
  display: { range: "7d", by: "props.address", facets: ["props.user"] },
};
const named = async (client: Client) =>
  must(await client.query("savedViews.list")).items.map(({ name }: { name: string }) => name);

test("a view is saved, listed, changed and deleted, and each change is audited", async () => {
  const created = must(await member.mutate("savedViews.create", view));
  expect(created).toMatchObject(view);
  const { id } = created;
  expect(must(await member.query("savedViews.list")).items).toEqual([created]);
  const updated = must(await member.mutate("savedViews.update", { id, name: "Failures" }));
  expect(updated).toMatchObject({ ...view, name: "Failures" });
  expect(await named(member)).toEqual(["Failures"]);
  must(await member.mutate("savedViews.delete", { id }));
  expect(await named(member)).toEqual([]);
  const admin = await server.admin();
  const { items } = must(await admin.query("audit.search", { targetId: id }));
  expect(items.map(({ action }: { action: string }) => action)).toEqual([
    "saved_view.deleted",
    "saved_view.updated",
    "saved_view.created",
  ]);
});

test("nobody reaches the view of another", async () => {
  const { id } = must(await member.mutate("savedViews.create", view));
  const other = await server.member();
  expect(await named(other)).toEqual([]);
  for (const attempt of [
    other.mutate("savedViews.update", { id, name: "mine" }),
    other.mutate("savedViews.delete", { id }),
  ]) {
    expect((await attempt).status).toBe(404);
  }
  expect(await named(member)).toEqual([view.name]);
});

test.each([
  { ...view, query: "level>=loud" },
  { ...view, query: "a ".repeat(1025) },
  { ...view, name: " " },
  { ...view, display: { range: "forever" } },
  { ...view, display: { by: "nothing" } },
  { ...view, extra: 1 },
])("refuses %j", async (input) => {
  const { status, error } = await member.mutate("savedViews.create", input);
  expect([status, error?.data.reason]).toEqual([400, "invalid_input"]);
});

test("says where a query is wrong", async () => {
  const { error } = await member.mutate("savedViews.create", { ...view, query: "level>=loud" });
  expect(error?.message).toMatch(/query: At character 8: expected a level/);
});

test("a user has at most 100, also when they come at once", async () => {
  const many = await server.user("member");
  const at = new Date();
  await server.owner`
    insert into saved_views (id, user_id, name, query, display, created_at, updated_at)
    select gen_random_uuid(), ${many.id}, 'view ' || n, '', '{}', ${at}, ${at} from generate_series(1, 97) n`;
  const attempts = Array.from({ length: 8 }, () => many.mutate("savedViews.create", view));
  const answers = await Promise.all(attempts);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  const refused = answers.filter(({ status }) => status !== 200);
  expect(new Set(refused.map(({ error }) => error?.data.reason))).toEqual(new Set(["too_many"]));
});
