import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { newApiKey } from "../apps/api/src/identity/api-key-format.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

const account = { email: "admin@example.org", password: "correct horse battery staple" };

let product: Product;
let admin: Awaited<ReturnType<typeof createAdmin>>;
let browser: Browser;
let page: Page;
let complaints: string[];

/** What a program does: one call without any browser. */
async function call(path: string, input: object) {
  const response = await fetch(`${product.url}/trpc/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": "backup-job/2" },
    body: JSON.stringify(input),
  });
  return (await response.json()) as { result?: { data: { refreshToken: string } } };
}
const tokensOf = async (path: string, input: object) =>
  (await call(path, input)).result?.data.refreshToken ?? "";

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launch()]);
  admin = await createAdmin(product);
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const focused = (attribute: string) =>
  page.evaluate<string | null>(`document.activeElement.getAttribute("${attribute}")`);

test("a stolen refresh token shows as an alert, which an administrator resolves", async () => {
  await page.goto(`${product.url}/admin/alerts`);
  await page.getByText("No open alert").waitFor();
  await expectAccessible(page, "no alert");
  await page.getByRole("button", { name: "Notices" }).click();
  await page.getByRole("checkbox", { name: "Me, by e-mail" }).waitFor();
  await expectSound(page, "notices of alerts");
  await page.getByLabel("Alerts that are").selectOption("medium");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Your choice was saved.").waitFor();
  const first = await tokensOf("tokens.issue", account);
  const second = await tokensOf("tokens.refresh", { refreshToken: first });
  await tokensOf("tokens.refresh", { refreshToken: second });
  await call("tokens.refresh", { refreshToken: first });
  await page.reload();
  const table = page.getByRole("table", { name: "Open alerts" });
  await table.getByText("A used refresh token came again").waitFor();
  await expectSound(page, "an open alert");
  await page.getByRole("button", { name: /^Resolve/ }).press("Enter");
  await page.getByText("No open alert").waitFor();
  // The button is gone with its table: what was around them has the focus.
  await expect.poll(() => focused("role")).toBe("tabpanel");
  await page.getByRole("tab", { name: "Resolved" }).click();
  await page.getByText(`by ${account.email}`).waitFor();
  expect(new URL(page.url()).search).toBe("?state=resolved");
  await expectAccessible(page, "a resolved alert");
});

test("an alert of the abuse engine tells its evidence in words, and leads to what is behind it", async () => {
  const use = (key: string) =>
    fetch(`${product.url}/trpc/events.search`, { headers: { authorization: `Bearer ${key}` } });
  const agent = await admin.mutate("agents.create", { name: "bastion" });
  const scopes = ["events:write"];
  const made = await admin.mutate("apiKeys.create", { agentId: agent.id, name: "old", scopes });
  await admin.mutate("apiKeys.revoke", { id: made.id });
  for (let at = 0; at < 10; at += 1) await use(newApiKey().key);
  for (let at = 0; at < 5; at += 1) await use(made.key);
  const weaker = { class: "sign_up", durationSeconds: 3600, points: 500 };
  await admin.mutate("limits.set", weaker);
  const evidence = (title: string) =>
    page.getByRole("row").filter({ hasText: title }).getByRole("definition");
  const guessed = evidence("An address tries API keys");
  const dead = evidence("A revoked or expired API key");
  const limited = evidence("A limit was made");
  const raised = async () => {
    await page.goto(`${product.url}/admin/alerts`);
    await page.getByRole("heading", { name: "Alerts", level: 1 }).waitFor();
    await page
      .getByRole("tabpanel")
      .getByText(/No open alert|Last seen/)
      .waitFor();
    const texts = [await guessed.allTextContents(), await dead.allTextContents()];
    const counts = [await guessed.count(), await limited.count()];
    return [...texts.map((all) => all.slice(0, 2)), counts];
  };
  // They are raised one by one, as what was counted of each is written down.
  await expect.poll(raised, { timeout: 60_000, interval: 1000 }).toEqual([
    ["127.0.0.1", "10 times, 10 different keys"],
    [`old ${made.prefix}…`, "5 times, from 127.0.0.1"],
    [4, 4],
  ]);
  const limit = limited.getByRole("link", { name: "New accounts" });
  expect(await limit.getAttribute("href")).toBe("/admin/limits");
  await expectSound(page, "alerts with evidence");
  const abroad = await browser.newContext({ timezoneId: "Pacific/Kiritimati" });
  await abroad.addCookies(await page.context().cookies());
  const there = await abroad.newPage();
  await there.goto(page.url());
  const since = there.getByRole("definition").locator("time").first();
  const at = (await since.getAttribute("datetime")) ?? "";
  const local = new Date(Date.parse(at) + 14 * 3_600_000).toISOString();
  expect(await since.textContent()).toContain(local.slice(11, 19));
  expect(await since.getAttribute("title")).toBe(`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`);
  await abroad.close();
  await page.getByLabel("Severity").selectOption("high");
  await page.getByText("No open alert is high").waitFor();
  expect(new URL(page.url()).search).toBe("?severity=high");
  await page.getByLabel("Severity").selectOption("");
  await dead.getByRole("link", { name: made.prefix }).click();
  await page.getByRole("heading", { name: "Audit log", level: 1 }).waitFor();
  await page.getByRole("table").getByText("api_key.revoked").waitFor();
});

test("a program that signed in stands among the sessions and is ended there (V7.5.2)", async () => {
  const refreshToken = await tokensOf("tokens.issue", account);
  await page.goto(`${product.url}/account`);
  const sessions = page.getByRole("table", { name: "Your sessions" });
  await sessions
    .getByRole("row", { name: /backup-job\/2/ })
    .getByText("program")
    .waitFor();
  await expectAccessible(page, "sessions with a program");
  await page.getByRole("button", { name: "End the session backup-job/2" }).press("Enter");
  await page.getByText("The session was ended.").waitFor();
  await sessions.getByText("backup-job/2").waitFor({ state: "hidden" });
  await expect.poll(() => focused("aria-label")).toBe("Your sessions");
  expect((await call("tokens.refresh", { refreshToken })).result).toBeUndefined();
});

test("signing out everywhere ends this browser's session too (V7.4.4, V7.5.2)", async () => {
  await page.goto(`${product.url}/account`);
  await page.getByRole("button", { name: "Sign out everywhere" }).click();
  const dialog = page.getByRole("alertdialog").or(page.getByRole("dialog"));
  await expectAccessible(page, "sign out everywhere");
  await dialog.getByRole("button", { name: "Sign out everywhere" }).click();
  await page.getByRole("heading", { name: /sign in/i }).waitFor();
  await page.goto(`${product.url}/account`);
  await page.getByRole("heading", { name: /sign in/i }).waitFor();
  expect(complaints).toEqual([]);
});
