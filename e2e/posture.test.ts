import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

let product: Product;
let admin: Awaited<ReturnType<typeof createAdmin>>;
let browser: Browser;
let page: Page;
let complaints: string[];
beforeAll(async () => {
  // Something that fails, and something to be warned of.
  [product, browser] = await Promise.all([
    startProduct({ RATE_LIMIT_MAX_REQUESTS: "1000000", SIGN_UP: "open" }),
    launch(),
  ]);
  admin = await createAdmin(product);
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const groups = () => page.getByRole("tabpanel").getByRole("heading", { level: 2 });

test("an administrator finds what fails first, with its remedy", async () => {
  await page.goto(product.url);
  await page.getByRole("link", { name: "Security posture" }).click();
  await page.getByRole("heading", { name: "Security posture", level: 1 }).waitFor();
  await page.getByText(/^1 of \d\d checks fails$/).waitFor();
  expect(await groups().first().textContent()).toBe("Limits");
  const first = page.getByRole("tabpanel").getByRole("listitem").first();
  expect(await first.textContent()).toMatch(/^fails.*keep the server busy.*Lower or unset RATE/);
  await expectSound(page, "posture");
  const secrets = page.getByRole("region", { name: "Secrets" });
  expect(await secrets.getByText("The token secrets are strong").isVisible()).toBe(false);
  await secrets.getByText(/^\d pass, \d skipped$/).click();
  await secrets.getByText("The token secrets are strong").waitFor();
});

test("the status is chosen in the address, and what has no check of it says so", async () => {
  await page.getByRole("tab", { name: /^Warnings/ }).click();
  await page.waitForURL(/status=warn/);
  expect(await page.getByRole("tabpanel").getByText("fails", { exact: true }).count()).toBe(0);
  const item = page
    .getByRole("listitem")
    .filter({ hasText: "Administrators and auditors sign in" });
  await item.getByText("a password alone lets 1 of 1 in").waitFor();
  await item.getByRole("link", { name: "Users" }).click();
  await page.getByRole("heading", { name: "Users", level: 1 }).waitFor();
  await page.goBack();
  await page.getByRole("tab", { name: /^Failing 1/ }).click();
  await page.waitForURL(/status=fail/);
  await page.route("**/trpc/posture.get**", async (route) => {
    const response = await route.fetch();
    const [answer] = await response.json();
    const { data } = answer.result;
    data.checks = data.checks.filter(({ status }: { status: string }) => status !== "fail");
    data.summary.fail = 0;
    await route.fulfill({ response, json: [answer] });
  });
  await page.getByRole("button", { name: "Check again" }).click();
  await page.getByRole("heading", { name: "Nothing fails" }).waitFor();
  await expectAccessible(page, "posture without a failure");
  await page.unroute("**/trpc/posture.get**");
});

test("an alert of a check that began to fail names it, and leads there", async () => {
  await page.route("**/trpc/alerts.list**", async (route) => {
    const response = await route.fetch();
    const [answer] = await response.json();
    const at = "2026-11-21T08:00:00.000Z";
    const node = "db-1.example.org:3000";
    const ofNode = { user: null, key: null, count: 1, resolvedAt: null, resolvedBy: null };
    answer.result.data.items = [
      {
        ...{ ...ofNode, id: "01890000-0000-7000-8000-000000000001", kind: "posture_worsened" },
        ...{ severity: "high", openedAt: at, lastSeenAt: at },
        details: { check: "files.disk-space", node, passedAt: null },
      },
      {
        ...{ ...ofNode, id: "01890000-0000-7000-8000-000000000002", kind: "limits_apart" },
        ...{ severity: "medium", openedAt: at, lastSeenAt: at, details: { node } },
      },
    ];
    await route.fulfill({ response, json: [answer] });
  });
  await page.goto(`${product.url}/admin/alerts`);
  await page.getByText("A check of the security posture fails").waitFor();
  await expectSound(page, "alert of the posture");
  const named = page.getByText("on db-1.example.org:3000").filter({ visible: true });
  await expect.poll(() => named.count()).toBe(2);
  await page.getByRole("link", { name: "files.disk-space" }).filter({ visible: true }).click();
  await page.getByRole("heading", { name: "Security posture", level: 1 }).waitFor();
  await page.unroute("**/trpc/alerts.list**");
});

test("alerts that are narrowed to nothing say so, and offer the others", async () => {
  await page.goto(`${product.url}/admin/alerts?severity=low`);
  await page.getByText("No open alert is low").waitFor();
  await page.getByRole("button", { name: "Show any severity" }).click();
  await page.waitForURL((url) => url.search === "");
  await page.getByRole("heading", { name: "No open alert", exact: true }).waitFor();
});

test("the sheet of shortcuts tells those of the events too", async () => {
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  const row = sheet.getByRole("listitem").filter({ hasText: "event in the list" });
  expect(await row.locator("kbd").allTextContents()).toEqual(["j", "k"]);
  await page.keyboard.press("Escape");
});

test("who checks again in vain is told, and keeps what was found before", async () => {
  await page.goto(`${product.url}/admin/posture`);
  await groups().first().waitFor();
  await page.route("**/trpc/posture.get**", (route) => route.fulfill({ status: 500, json: [] }));
  await page.getByRole("button", { name: "Check again" }).click();
  await page
    .getByRole("alert")
    .getByText(/^This is not the newest/)
    .waitFor();
  expect(await groups().first().textContent()).toBe("Limits");
  await expectAccessible(page, "posture that is not the newest");
  await page.unroute("**/trpc/posture.get**");
  expect(complaints).toEqual([]);
});
