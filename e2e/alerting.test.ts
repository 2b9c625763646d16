import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startReceiver } from "../apps/api/test/receiver.ts";
import { readTrailer } from "../packages/shared/src/exports.ts";
import { launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];
let receiver: Awaited<ReturnType<typeof startReceiver>>;
let key = "";
let agentId = "";

beforeAll(async () => {
  receiver = await startReceiver();
  [product, browser] = await Promise.all([startProduct({ EGRESS_ALLOW: "127.0.0.1" }), launch()]);
  const admin = await createAdmin(product);
  const agent = await admin.mutate("agents.create", { name: "bastion" });
  agentId = agent.id;
  const scopes = ["events:write"];
  ({ key } = await admin.mutate("apiKeys.create", { agentId: agent.id, name: "k", scopes }));
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await receiver?.stop();
});

const button = (name: string | RegExp) => page.getByRole("button", { name });

describe("from a webhook to an alert", () => {
  test("a URL inside is refused in words, one that is allowed is taken, its secret shown once", async () => {
    await page.goto(`${product.url}/webhooks`);
    await page.getByRole("heading", { name: "Webhooks", level: 1 }).waitFor();
    await expectSound(page, "no webhooks");
    await button("New webhook").click();
    await page.getByLabel("Name").fill("On-call chat");
    await page.getByLabel("URL").fill("http://169.254.169.254/latest/meta-data");
    await button("Create webhook").click();
    await page.getByText("in a network that Muniment may not reach").waitFor();
    await expectSound(page, "a refused URL");
    await page.getByLabel("URL").fill(receiver.url);
    await button("Create webhook").click();
    expect(await page.getByRole("textbox", { name: "The secret" }).inputValue()).toMatch(/^whsec_/);
    await expectSound(page, "a new secret");
    await button("I have stored the secret").click();
    await page.getByRole("link", { name: "On-call chat" }).click();
    await page.getByRole("heading", { name: "On-call chat", level: 1 }).waitFor();
  });

  test("a test is sent and stands in the log with its answer", async () => {
    await button("Send test").click();
    await page.getByText("webhook.test").waitFor();
    await page.getByRole("table").getByText("delivered").waitFor();
    await expectSound(page, "a webhook with a delivery");
    await button("webhook.test").click();
    await page.getByText("thanks").waitFor();
    await expectSound(page, "a delivery");
    await button("Send again").click();
    await expect.poll(() => receiver.received.length).toBe(2);
    await page.keyboard.press("Escape");
  });

  test("a rule is written, with a look at what it would count, and fires", async () => {
    await page.goto(`${product.url}/alert-rules?query=type%3Assh.*`);
    await page.getByLabel("Name").fill("Break-in");
    expect(await page.getByLabel("Search").inputValue()).toBe("type:ssh.*");
    await page.getByLabel("More events than").fill("2");
    await page.getByLabel("Webhook On-call chat").check();
    await page.getByText("0 such events arrived").waitFor();
    await expectSound(page, "a new rule");
    await button("Create rule").click();
    await page.getByRole("table").getByText("quiet").waitFor();
    await expectSound(page, "a quiet rule");
    const events = Array.from({ length: 3 }, () => ({ type: "ssh.login.failed" }));
    const sent = await fetch(`${product.url}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ events }),
    });
    expect(sent.status).toBe(200);
    await page.getByRole("table").getByText("firing").waitFor();
    await expectSound(page, "a firing rule");
    await expect.poll(() => receiver.received.length).toBe(3);
    await button("Actions for the rule Break-in").click();
    await expectSound(page, "what can be done with a rule");
    await page.getByRole("menuitem", { name: "History" }).click();
    await page.getByText("still firing").waitFor();
    await expectSound(page, "the history of a rule");
    await page.keyboard.press("Escape");
    await button("Actions for the rule Break-in").click();
    await page.getByRole("menuitem", { name: "Mute for an hour" }).click();
    await page.getByRole("table").getByText("muted").waitFor();
    expect(complaints).toEqual([]);
  });
});

test("a search is exported: a file with its trailer, and a line in the list", async () => {
  await page.goto(`${product.url}/events?query=type%3Assh.*`);
  await page.getByRole("link", { name: "Export", exact: true }).click();
  expect(await page.getByLabel("Search").inputValue()).toBe("type:ssh.*");
  await expectSound(page, "a new export");
  const saved = page.waitForEvent("download");
  await button(/^Export$/).click();
  const path = await (await saved).path();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  expect(lines).toHaveLength(4);
  expect(readTrailer(lines.at(-1) ?? "")?.rows).toBe(3);
  await page.getByRole("table").getByText("done").waitFor();
  await expectSound(page, "exports");
  expect(complaints).toEqual([]);
});

test("muniment export writes a file only when it is whole, and tells one that is not", async () => {
  const output = join(product.dataDir, "ssh.csv");
  const env = { MUNIMENT_PASSWORD: "correct horse battery staple", MUNIMENT_URL: product.url };
  const account = ["--email", "admin@example.org"];
  const asked = ["export", ...account, "--format", "csv", "--output", output, "type:ssh.*"];
  const refused = await product.cli(asked, { ...env, MUNIMENT_PASSWORD: "a wrong password" });
  expect([refused.code, existsSync(output)]).toEqual([3, false]);
  const done = await product.cli(asked, env);
  expect([done.code, done.stderr]).toEqual([0, ""]);
  expect(done.stdout).toContain("3 events, whole");
  expect((await product.cli(asked, env)).code).toBe(2);
  expect((await product.cli(["export", "--check", output])).code).toBe(0);
  writeFileSync(output, readFileSync(output, "utf8").slice(0, -100));
  expect((await product.cli(["export", "--check", output])).code).toBe(1);
  expect(existsSync(`${output}.part`)).toBe(false);
});

test("a file is imported: chosen, sent, done, and its refused lines told", async () => {
  await page.goto(`${product.url}/imports`);
  await page.getByRole("heading", { name: "No imports yet" }).waitFor();
  await expectSound(page, "no imports");
  await button("New import").click();
  await button(/^Import$/).click();
  await page.getByText("Choose a file that is not empty.").waitFor();
  const file = join(product.dataDir, "orders.csv");
  writeFileSync(
    file,
    "When,Text\n2026-01-02T03:04:05Z,one\n2026-01-02T03:04:06Z,two\nlater,three\n",
  );
  await page.getByLabel("File", { exact: true }).setInputFiles(file);
  await page.getByText("orders.csv, 72 B").waitFor();
  expect(await page.getByText("Choose a file that is not empty.").count()).toBe(0);
  await page.getByLabel("Type").fill("shop.order");
  await page.getByLabel("Columns").fill("occurredAt=When\nmessage=Text");
  await expectSound(page, "a new import");
  await button(/^Import$/).click();
  const row = page.getByRole("row").filter({ hasText: "orders.csv" });
  await row.getByText("done").waitFor();
  await expectSound(page, "imports");
  await button("Refused lines").click();
  await page.getByText("invalid_time").waitFor();
  await expectSound(page, "refused lines");
  const saved = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download all as CSV" }).click();
  expect(readFileSync(await (await saved).path(), "utf8")).toContain("\n4,invalid_time,");
  await page.keyboard.press("Escape");
  expect(complaints).toEqual([]);
});

test("muniment import stores a file once, says what was refused, and refuses half an export", async () => {
  const env = { MUNIMENT_PASSWORD: "correct horse battery staple", MUNIMENT_URL: product.url };
  const account = ["--email", "admin@example.org"];
  const asked = ["import", ...account, "--agent", agentId];
  const file = join(product.dataDir, "events.ndjson");
  const line = JSON.stringify({ type: "cli.imported", message: "x" });
  writeFileSync(file, `${line}\n${line}\n`);
  const first = await product.cli([...asked, file], env);
  expect([first.code, first.stderr]).toEqual([0, ""]);
  expect(first.stdout).toContain("done: 2 stored, 0 known before, 0 refused");
  const again = await product.cli([...asked, "--json", file], env);
  expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: 2, rejected: 0 });
  writeFileSync(file, `${line}\nno event\n`);
  const rejects = join(product.dataDir, "rejects.csv");
  const partly = await product.cli([...asked, "--rejects", rejects, file], env);
  expect([partly.code, readFileSync(rejects, "utf8").split("\n")[1]]).toEqual([
    1,
    expect.stringMatching(/^2,invalid_json,/),
  ]);
  const output = join(product.dataDir, "cli.ndjson");
  await product.cli(["export", ...account, "--output", output, "type:cli.*"], env);
  writeFileSync(output, readFileSync(output, "utf8").slice(0, -120));
  const cut = await product.cli([...asked, output], env);
  expect([cut.code, cut.stdout]).toEqual([1, expect.stringContaining("cut off")]);
  expect((await product.cli([...asked, join(product.dataDir, "nothing")], env)).code).toBe(2);
  const wrong = await product.cli([...asked, file], { ...env, MUNIMENT_PASSWORD: "wrong" });
  expect(wrong.code).toBe(3);
});
