import { afterAll, beforeAll, expect, test } from "vitest";
import { createLinkToken } from "../src/identity/link-token.ts";
import { fromNewAddress } from "./addresses.ts";
import { createClock } from "./clock.ts";
import { must, startTestServer, type TestServer, type UserClient } from "./harness.ts";
import { visiblePart } from "./told-apart.ts";
import { enrollTotp } from "./totp-app.ts";

const clock = createClock();
let server: TestServer;
let owner: UserClient;
beforeAll(async () => {
  server = await startTestServer({ now: clock.now, env: { TRUST_PROXY: "1" } });
  owner = await server.member();
});
afterAll(() => server.stop());

type Purpose = "password_reset" | "email_undo" | "email_change";
const link = (purpose: Purpose, email: string) =>
  server.deps.database.transaction({ userId: owner.id }, (tx) =>
    createLinkToken(tx, { purpose, userId: owner.id, email }, clock.now(), 600),
  );
const inspect = (purpose: Purpose, token: string) =>
  server.anonymous(fromNewAddress()).mutate("auth.inspectLink", { purpose, token });

test("tells the holder of a link whose password it sets and how short it may be, as the server judges it", async () => {
  const { token } = await link("password_reset", owner.email);
  const alone = { email: owner.email, displayName: "member", minimumCodePoints: 15 };
  expect(must(await inspect("password_reset", token))).toEqual(alone);
  await enrollTotp(owner, clock.now);
  expect(must(await inspect("password_reset", token))).toEqual({ ...alone, minimumCodePoints: 8 });
  const undo = await link("email_undo", "former@example.org");
  expect(must(await inspect("email_undo", undo.token)).email).toBe("former@example.org");
  // Nothing was used up, and what it said holds.
  const short = { token, password: "otter 7 marmalade" };
  must(await server.anonymous(fromNewAddress()).mutate("auth.resetPassword", short));
});

test("answers every link that does not work alike, and counts them", async () => {
  const unknown = visiblePart(await inspect("password_reset", "A".repeat(43)));
  expect(unknown).toMatchObject({ status: 401, error: { data: { reason: "invalid_token" } } });
  const elsewhere = await link("password_reset", "another@example.org");
  expect(visiblePart(await inspect("password_reset", elsewhere.token))).toEqual(unknown);
  const other = await link("email_undo", "former@example.org");
  expect(visiblePart(await inspect("password_reset", other.token))).toEqual(unknown);
  const wrongKind = await link("email_change", "next@example.org");
  expect((await inspect("email_change", wrongKind.token)).status).toBe(400);
  const late = await link("password_reset", owner.email);
  clock.advance(601);
  expect(visiblePart(await inspect("password_reset", late.token))).toEqual(unknown);
  const disabled = await link("password_reset", owner.email);
  await server.owner`update users set disabled_at = now() where id = ${owner.id}`;
  expect(visiblePart(await inspect("password_reset", disabled.token))).toEqual(unknown);
});
