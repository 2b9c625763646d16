import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const password = "correct horse battery staple";
const sample = new URL("../packages/log-formats/samples/sshd-sample.log", import.meta.url).pathname;

let product: Product;
let browser: Browser;
let context: BrowserContext;
let page: Page;
let complaints: string[];
let key = "";

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launch()]);
  context = await newContext(browser);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });

describe("a newcomer, from the printed link to the audit log", () => {
  test("becomes the first administrator", async () => {
    await page.goto(product.setupLink);
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await expectAccessible(page, "set-up");
    await page.getByRole("button", { name: "Create administrator" }).click();
    await heading("Overview").waitFor();
    expect(page.url()).toBe(`${product.url}/`);
    await expectAccessible(page, "empty overview");
  });

  test("finds the link used up", async () => {
    const stranger = await newContext(browser);
    const other = await newPage(stranger);
    await other.page.goto(product.setupLink);
    await other.page
      .getByText(/already|used/i)
      .first()
      .waitFor();
    await stranger.close();
  });

  test("registers an agent", async () => {
    await page.getByRole("link", { name: "Agents" }).click();
    await heading("Agents").waitFor();
    await page.getByRole("button", { name: "New agent" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("sshd on example");
    await expectAccessible(page, "new agent dialog");
    await dialog.getByRole("button", { name: /create|register/i }).click();
    await heading("sshd on example").waitFor();
  });

  test("gives it a key, shown once", async () => {
    await page.getByRole("button", { name: "New key" }).first().click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name", { exact: true }).fill("shipper");
    await dialog.getByRole("button", { name: "Create key" }).click();
    key = await page.getByLabel("The new API key").inputValue();
    expect(key).toMatch(/^mnt_[0-9A-Za-z]{44}$/);
    await expectAccessible(page, "the new key");
    await page.getByRole("button", { name: "I have stored the key" }).click();
    await page.getByText(key.slice(0, 12)).first().waitFor();
    expect(await page.content()).not.toContain(key);
  });

  test("ships a real log file, twice, and nothing is created twice", async () => {
    const send = () =>
      product.cli(["send", "--url", product.url, "--format", "sshd", "--json", sample], {
        MUNIMENT_API_KEY: key,
      });
    const first = JSON.parse((await send()).stdout);
    expect(first.sent).toBe(first.accepted + first.duplicates + first.rejected);
    expect(first.accepted).toBe(first.lines);
    const second = JSON.parse((await send()).stdout);
    expect(second).toMatchObject({ accepted: 0, duplicates: first.lines, rejected: 0 });
  });
});
