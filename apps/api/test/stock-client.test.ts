import { createTRPCClient, httpBatchLink, httpLink, TRPCClientError } from "@trpc/client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AppRouter } from "../src/router.ts";
import { startTestServer, type TestServer } from "./harness.ts";

let server: TestServer;
let headers: Record<string, string>;
beforeAll(async () => {
  server = await startTestServer();
  const member = await server.member("member@example.org");
  headers = { cookie: member.cookie, origin: server.url };
});
afterAll(() => server.stop());

describe.each([
  ["one by one", httpLink],
  ["in batches", httpBatchLink],
])("tRPC's own client, %s", (_, link) => {
  const client = () =>
    createTRPCClient<AppRouter>({ links: [link({ url: `${server.url}/trpc`, headers })] });

  test("queries and mutates, with and without input", async () => {
    const { agents, auth, sessions } = client();
    const [me, list, agent] = await Promise.all([
      auth.me.query(),
      sessions.list.query({ limit: 1 }),
      agents.create.mutate({ name: "typed" }),
    ]);
    expect(me.email).toBe("member@example.org");
    expect(list.items[0]?.current).toBe(true);
    expect(agent.name).toBe("typed");
    expect((await sessions.revokeOthers.mutate()).revoked).toBe(0);
  });

  test("gets the reason of a refusal, each call of a batch its own", async () => {
    const { agents, users } = client();
    const id = "01890000-0000-7000-8000-000000000000";
    const [unknown, forbidden, fine] = await Promise.allSettled([
      agents.get.query({ id }),
      users.list.query(),
      agents.list.query(),
    ]);
    const reasonOf = (result: PromiseSettledResult<unknown>) =>
      result.status === "rejected" && result.reason instanceof TRPCClientError
        ? result.reason.data?.reason
        : undefined;
    expect(reasonOf(unknown)).toBe("not_found");
    expect(reasonOf(forbidden)).toBe("not_permitted");
    expect(fine.status).toBe("fulfilled");
  });
});
