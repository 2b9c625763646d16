import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";

let product: Product;
let browser: Browser;
let page: Page;
let stranger: Page;
let complaints: string[];

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launch()]);
  const admin = await createAdmin(product);
  const agent = await admin.mutate("agents.create", { name: "bastion" });
  const scopes = ["events:write"];
  await admin.mutate("apiKeys.create", { agentId: agent.id, name: "k", scopes });
  await admin.mutate("users.invite", { email: "b@example.org", role: "member" });
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
  ({ page: stranger } = await newPage(await newContext(browser)));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const heading = (of: Page, name: string) => of.getByRole("heading", { name, level: 1 });
/** Whether the focus is in what a selector names. */
const isIn = (of: Page, selector: string) =>
  of.evaluate<boolean>(`document.activeElement.closest(${JSON.stringify(selector)}) !== null`);
const nameOfFocused = (of: Page) =>
  of.evaluate<string>(
    "document.activeElement.ariaLabel ?? document.activeElement.textContent.trim()",
  );

/** Marks everything that Tab should come to, and answers how much: of radios and tabs the chosen one alone. */
const awaitAll = `(() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const awaited = all.filter((one) =>
    one.tabIndex >= 0 && !one.disabled && !one.matches("[role=radiogroup], [role=tablist]") &&
    !(one.type === "radio" && !one.checked) && one.checkVisibility());
  for (const one of awaited) one.dataset.awaited = "";
  return awaited.length;
})()`;

/** Where Tab led: nowhere, to what had the focus before, or further; and whether it is drawn that it has it. */
const look = `(() => {
  const at = document.activeElement;
  if (at === document.body || at.dataset.seen !== undefined) return { isOver: true };
  at.dataset.seen = "";
  delete at.dataset.awaited;
  const isDrawn = [at, at.closest("label"), at.nextElementSibling].some((one) => one !== null &&
    [null, "::after"].some((pseudo) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(one, pseudo);
      return outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
    }));
  return { isOver: false, unseen: isDrawn ? null : at.outerHTML.slice(0, 200) };
})()`;
type Look = { isOver: true } | { isOver: false; unseen: string | null };

const pages = [
  ...["/", "/events", "/insights", "/agents", "/alert-rules", "/webhooks", "/imports", "/files"],
  ...["/exports", "/account", "/data", "/admin/users", "/admin/alerts", "/admin/audit"],
  ...["/admin/limits", "/admin/witnesses", "/admin/posture"],
];

describe("without a mouse", () => {
  test.each(pages)("Tab comes to everything on %s, and the focus is seen", async (path) => {
    await page.goto(product.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const awaited = await page.evaluate<number>(awaitAll);
    expect(awaited).toBeGreaterThan(10);
    for (let left = 2 * awaited; left > 0; left -= 1) {
      await page.keyboard.press("Tab");
      const seen = await page.evaluate<Look>(look);
      if (seen.isOver) break;
      expect(seen.unseen).toBeNull();
    }
    const missed = page.locator("[data-awaited]");
    expect(await missed.evaluateAll((all) => all.map((one) => one.outerHTML))).toEqual([]);
  });

  test("the first Tab offers to skip the navigation", async () => {
    await page.goto(`${product.url}/agents`);
    await heading(page, "Agents").waitFor();
    await page.keyboard.press("Tab");
    expect(await nameOfFocused(page)).toBe("Skip to the content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await nameOfFocused(page)).toBe("New agent");
  });

  test("a dialog keeps the focus, and gives it back", async () => {
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    for (let at = 0; at < 12; at += 1) {
      expect(await isIn(page, "[role=dialog]")).toBe(true);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Escape");
    await expect.poll(() => nameOfFocused(page)).toBe("New agent");
  });

  test("a menu is walked with arrows, and what its dialog removed leaves the focus beside", async () => {
    await page.goto(`${product.url}/admin/users`);
    const revoke = page.getByRole("button", { name: /^Revoke the invitation/ });
    await revoke.press("Enter");
    const confirm = page.getByRole("dialog").getByRole("button", { name: /^Revoke/ });
    await confirm.press("Enter");
    await revoke.waitFor({ state: "detached" });
    await expect.poll(() => isIn(page, "#main")).toBe(true);
    const menu = page.getByRole("button", { name: "Actions for Admin" });
    await menu.press("Enter");
    await page.getByRole("menu").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => nameOfFocused(page)).toBe("Actions for Admin");
  });

  test("the menu of a narrow window leads to a page, which has the focus then", async () => {
    await page.setViewportSize({ width: 375, height: 700 });
    const button = page.getByRole("button", { name: "Open the menu" });
    await button.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await expect.poll(() => nameOfFocused(page)).toBe("Open the menu");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("link", { name: "Webhooks" }).press("Enter");
    await heading(page, "Webhooks").waitFor();
    await expect.poll(() => isIn(page, "#main")).toBe(true);
    expect(complaints).toEqual([]);
  });

  test("pages before the sign-in take the focus as well, and keep it when they refuse", async () => {
    await stranger.goto(`${product.url}/sign-in`);
    await stranger.getByRole("link", { name: /forgot/i }).press("Enter");
    await stranger.getByRole("heading", { name: /password/i, level: 1 }).waitFor();
    await expect.poll(() => isIn(stranger, "main")).toBe(true);
    await stranger.goto(`${product.url}/sign-in`);
    await stranger.getByLabel("E-mail").fill("admin@example.org");
    await stranger.getByLabel("Password", { exact: true }).fill("wrong wrong wrong");
    await stranger.keyboard.press("Enter");
    await stranger.locator("form [aria-live=polite]", { hasText: /wrong|not/i }).waitFor();
    await expect.poll(() => isIn(stranger, "form")).toBe(true);
  });
});
