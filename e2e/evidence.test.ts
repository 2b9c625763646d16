import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";

let product: Product;
let browser: Browser;
let page: Page;
let directory: string;
beforeAll(async () => {
  [product, browser, directory] = await Promise.all([
    startProduct(),
    launch(),
    mkdtemp(join(tmpdir(), "muniment-evidence-")),
  ]);
  const admin = await createAdmin(product);
  for (const name of ["<b>one</b>", "two", "three"]) await admin.mutate("agents.create", { name });
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page } = await newPage(context));
});
afterAll(async () => {
  await browser.close();
  await rm(directory, { recursive: true, force: true });
});

/** What the page on the disk says, once it has verified. */
async function verdictOf(path: string): Promise<string> {
  await page.goto(pathToFileURL(path).href);
  const verdict = page.getByRole("status");
  await verdict.filter({ hasText: /erified/ }).waitFor();
  return (await verdict.textContent()) ?? "";
}

test("a bundle is verified from the disk when the server is gone, and one wrong entry is named", async () => {
  await page.goto(`${product.url}/admin/audit`);
  await page.getByText("verified in this browser").waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("dialog").waitFor();
  await expectAccessible(page, "export of the audit log");
  const download = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: "Export" }).click();
  const path = join(directory, "evidence.html");
  await (await download).saveAs(path);
  await product.stop();

  expect(await verdictOf(path)).toMatch(/^Verified: 4 entries are what was sealed/);
  await expectAccessible(page, "evidence on the disk");
  await page.getByRole("cell", { name: "<b>one</b>", exact: true }).waitFor();

  const text = await readFile(path, "utf8");
  const spoilt = join(directory, "spoilt.html");
  const parts = text.split("agent.created");
  await writeFile(
    spoilt,
    `${parts.slice(0, 3).join("agent.created")}agent.deleted${parts.slice(3).join("agent.created")}`,
  );
  expect(await verdictOf(spoilt)).toMatch(
    /^Not verified\. First wrong index: 3\. the entry was changed/,
  );
  await expectAccessible(page, "spoilt evidence on the disk");

  await page.goto(pathToFileURL(path).href);
  await page.getByLabel("The log's key, from elsewhere").fill("nonsense");
  await page.getByRole("status").filter({ hasText: "Not verified" }).waitFor();
});
