import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mailsTo } from "../apps/api/test/outbox.ts";
import { openCertificate } from "../packages/verify/src/certificate.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";

const email = "ada@example.org";
const password = "marmalade for every otter";

let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];

const heading = (name: string) => page.getByRole("heading", { name, level: 1 });
const dialog = () => page.getByRole("dialog", { name: "Erase my account?" });

/** By how much the page is wider than its window. */
const overflow = () => page.evaluate<number>("document.documentElement.scrollWidth - innerWidth");

/** Fills the dialog that erases, but does not send it. */
async function askForErasure(when: string) {
  await dialog().getByLabel(when, { exact: true }).check();
  await dialog().getByLabel("Password", { exact: true }).fill(password);
  await dialog()
    .getByLabel(/^Type .* to confirm$/)
    .fill(email);
}

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct({ SIGN_UP: "open" }), launch()]);
  const admin = await createAdmin(product);
  ({ page, complaints } = await newPage(await newContext(browser)));
  await page.goto(`${product.url}/sign-up`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Name", { exact: true }).fill("Ada");
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Create account" }).click();
  await heading("Overview").waitFor();
  const me = await (await page.request.get(`${product.url}/trpc/auth.me`)).json();
  await admin.mutate("users.revokeSessions", { id: me.result.data.id });
  await page.goto(`${product.url}/data`);
  await heading("Sign in").waitFor();
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading("Your data").waitFor();
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

test("a person takes a copy of all their data, once they have proved who they are", async () => {
  await page.getByText("No copy was asked for").waitFor();
  await expectAccessible(page, "your data, without a copy");
  // As the server answers when the last proof is older than five minutes.
  const data = { reason: "reauthentication_required" };
  await page.route(
    "**/trpc/data.requestExport**",
    (route) => route.fulfill({ json: [{ error: { code: -32_003, message: "Again.", data } }] }),
    { times: 1 },
  );
  await page.getByRole("button", { name: "Make a copy" }).click();
  const proof = page.getByRole("dialog", { name: "Confirm it is you" });
  await proof.getByLabel("Password", { exact: true }).fill(password);
  await proof.getByRole("button", { name: "Confirm" }).click();
  const copies = page.getByRole("table", { name: "Copies of your data" });
  await copies.getByText("ready").waitFor();
  await expectAccessible(page, "your data, with a copy");
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    copies.getByRole("button", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^muniment-\d{4}-\d\d-\d\d\.zip$/);
  const archive = await readFile(await download.path());
  expect(archive.subarray(0, 2).toString()).toBe("PK");
  expect(archive.includes("users.ndjson")).toBe(true);
  const isTold = async () =>
    (await mailsTo(product, email, 0)).some(({ text }) => /^http\S+\/data\r?$/m.test(text));
  await expect.poll(isTold).toBe(true);
});

test("a person sees what an administrator did with their account", async () => {
  const accesses = page.getByRole("table", { name: "Who looked at your data" });
  const row = accesses.getByRole("row", { name: /Ended sessions of yours/ });
  expect(await row.textContent()).toContain("Admin admin");
});

test("a person reads what is kept of them, and why", async () => {
  const subject = page.getByText("Your account and how you sign in (10)");
  await subject.click();
  const table = page.getByRole("table", { name: "Your account and how you sign in" });
  await table.getByText(/^Users/i).click();
  await table.getByText("password_hash").first().waitFor();
  await expectAccessible(page, "record of processing");
  await subject.click();
});

test("an erasure with a time of grace is taken back", async () => {
  await page.getByRole("button", { name: "Erase my account" }).click();
  await dialog().getByRole("button", { name: "Erase later" }).click();
  await dialog().getByText("Enter your password.").waitFor();
  await expectAccessible(page, "erase my account");
  await askForErasure("In 30 days");
  await dialog().getByRole("button", { name: "Erase later" }).click();
  const keep = page.getByRole("button", { name: "Keep my account" });
  await keep.waitFor();
  await page.getByText("in 30 days").first().waitFor();
  await page.reload();
  await keep.waitFor();
  await expectAccessible(page, "pending erasure");
  const later = await page.context().newPage();
  await later.clock.setFixedTime(Date.now() + 31 * 86_400_000);
  await later.goto(`${product.url}/data`);
  await later.getByText("Only the last administrator stays, until there is another.").waitFor();
  await later.close();
  const named = async () =>
    (await mailsTo(product, email, 0)).some(({ text }) => text.includes('page "Your data"'));
  await expect.poll(named).toBe(true);
  await keep.click();
  await keep.waitFor({ state: "hidden" });
  await page.reload();
  await page.getByRole("button", { name: "Erase my account" }).waitFor();
  expect(await keep.count()).toBe(0);
});

test("in the dark and on a narrow window everything is in its place", async () => {
  await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
  await page.setViewportSize({ width: 375, height: 800 });
  // Loaded anew, as colours that are changing have no contrast of their own.
  await page.reload();
  await heading("Your data").waitFor();
  await expectAccessible(page, "your data, dark and narrow");
  expect(await overflow()).toBeLessThanOrEqual(0);
});

test("whoever erases their account at once leaves with a certificate", async () => {
  await page.getByRole("button", { name: "Erase my account" }).click();
  await askForErasure("Now");
  await dialog().getByRole("button", { name: "Erase now" }).click();
  await heading("Certificate of erasure").waitFor();
  await page.getByText("as verified in this browser").waitFor();
  await expectAccessible(page, "certificate");
  expect(await overflow()).toBeLessThanOrEqual(0);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("button", { name: "Download the certificate" }).click(),
  ]);
  const note = await readFile(await download.path(), "utf8");
  await page.getByText("The certificate and its keys").click();
  const keys = await page.locator("pre").last().textContent();
  const { certificate } = await openCertificate(note, (keys ?? "").trim().split("\n"));
  expect(new URL(page.url()).pathname).toBe(`/erasure/${certificate.id}`);
  expect(certificate.cause).toBe("self");
  await page.goto(`${product.url}/erasure/${certificate.erased}`);
  await heading("This link does not work").waitFor();
  await page.goto(`${product.url}/data`);
  await heading("Sign in").waitFor();
  expect(complaints).toEqual([]);
});
