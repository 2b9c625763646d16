import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startModelEndpoint } from "../apps/api/test/model-endpoint.ts";
import { launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

const hour = 3_600_000;
const end = Math.floor(Date.now() / hour) * hour;
const type = "ssh.login.failed";

let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];
let endpoint: Awaited<ReturnType<typeof startModelEndpoint>>;

beforeAll(async () => {
  endpoint = await startModelEndpoint();
  const env = {
    MODEL_BASE_URL: `http://127.0.0.1:${endpoint.port}/v1`,
    MODEL_NAME: "small-model",
    EGRESS_ALLOW: "127.0.0.1",
  };
  [product, browser] = await Promise.all([startProduct(env), launch()]);
  const admin = await createAdmin(product);
  const agent = await admin.mutate("agents.create", { name: "bastion" });
  const scopes = ["events:write"];
  const { key } = await admin.mutate("apiKeys.create", { agentId: agent.id, name: "k", scopes });
  const at = (time: number, number: number) =>
    Array.from({ length: number }, (_, n) => ({
      type,
      message: "Failed password for root",
      occurredAt: new Date(time + n * 1000).toISOString(),
    }));
  const events = Array.from({ length: 8 * 24 }, (_, n) => at(end - (n + 1) * hour, 3)).flat();
  events.push(...at(end - 5 * hour, 60));
  for (let from = 0; from < events.length; from += 100) {
    const sent = await fetch(`${product.url}/api/v1/events`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({ events: events.slice(from, from + 100) }),
    });
    expect(sent.status).toBe(200);
  }
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  await endpoint?.stop();
});

const explanation = /^63 events where \d+ to \d+ are usual at this hour, score \d+$/;
const marker = () => page.getByRole("button", { name: /63 events where/ });

describe("anomalies", () => {
  test("are told on the page, in words and on the chart, and lead to their events", async () => {
    await page.goto(`${product.url}/insights`);
    await page.getByRole("link", { name: explanation }).waitFor();
    await marker().waitFor();
    await expectSound(page, "anomalies");
    await page.getByRole("link", { name: explanation }).click();
    await page.getByRole("heading", { name: "63 events" }).waitFor();
    expect(new URL(page.url()).searchParams.get("query")).toContain(`type:${type}`);
  });

  test("are marked on the overview, and a keyboard reaches them", async () => {
    await page.goto(`${product.url}/`);
    await marker().waitFor();
    await expectSound(page, "overview with an anomaly");
    await marker().focus();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "63 events" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("are marked in the explorer, where what it shows is among them", async () => {
    await page.goto(`${product.url}/events?range=24h`);
    await marker().waitFor();
    await expectSound(page, "explorer with an anomaly");
    await page.goto(`${product.url}/events?range=24h&query=type:http.*`);
    await page.getByRole("heading", { name: "0 events" }).waitFor();
    expect(await marker().count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe("questions", () => {
  const ask = async (question: string) => {
    await page.getByRole("textbox", { name: "Question" }).fill(question);
    await page.getByRole("button", { name: "Ask", exact: true }).click();
  };
  const hostile =
    '<img src="https://evil.example/x.png" onerror="alert(1)"> [click](https://evil.example/)\n# Not a heading';

  test("are answered as plain text, from a search that is shown, whatever the model writes", async () => {
    endpoint.replies.push('{"query":"type:ssh.*"}', hostile);
    await page.goto(`${product.url}/insights`);
    await page.getByText("small-model").waitFor();
    await ask("What failed?");
    const answer = page.getByTestId("answer");
    await answer.getByText("Not a heading").waitFor();
    expect(await answer.textContent()).toBe(hostile);
    expect(await answer.locator("*").count()).toBe(0);
    expect(await page.getByRole("textbox", { name: "Search", exact: true }).inputValue()).toBe(
      "type:ssh.*",
    );
    await page.getByText("636 events found, the newest 40 of them shown to the model.").waitFor();
    await expectSound(page, "an answer");
  });

  test("are answered anew from a search that the person changed", async () => {
    endpoint.replies.push("Nothing was found.");
    const asked = endpoint.asked.length;
    await page.getByRole("textbox", { name: "Search", exact: true }).fill("level:(");
    await page.getByText("Expected").waitFor();
    await page.getByRole("textbox", { name: "Search", exact: true }).fill("level:critical");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing was found.").waitFor();
    await page.getByText("0 events found").waitFor();
    expect(endpoint.asked).toHaveLength(asked + 1);
    await page.getByRole("link", { name: "See them all" }).click();
    await page.getByRole("heading", { name: "0 events" }).waitFor();
    expect(new URL(page.url()).searchParams.get("query")).toBe("level:critical");
  });

  test("that the model cannot answer are told in words", async () => {
    await page.goto(`${product.url}/insights`);
    endpoint.replies.push((response) => response.writeHead(200).end("<h1>Gateway</h1>"));
    await ask("What failed?");
    await page.getByText("The model gave no usable answer.").waitFor();
    await expectSound(page, "a failed question");
    expect(complaints).toEqual([]);
  });
});
