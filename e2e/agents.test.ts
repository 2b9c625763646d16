import { createServer, type Server } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort } from "../test/free-port.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

type Sdk = typeof import("../packages/sdk/src/client.ts") &
  typeof import("../packages/sdk/src/browser.ts");
const sdk = fileURLToPath(new URL("../packages/sdk/src", import.meta.url));

/** A site of somebody else's: one page, with the SDK as its bundler would have put it there. */
async function startSite(port: number): Promise<Server> {
  const contents = 'export * from "./client.ts"; export * from "./browser.ts";';
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: sdk },
    bundle: true,
    format: "iife",
    globalName: "sdk",
    write: false,
  });
  const server = createServer((request, response) => {
    const isScript = request.url === "/sdk.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    const html = '<!doctype html><title>Shop</title><script src="/sdk.js"></script>';
    response.end(isScript ? outputFiles[0]?.text : html);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return server;
}

let product: Product;
let browser: Browser;
let site: Server;
let port: number;
let admin: Awaited<ReturnType<typeof createAdmin>>;
beforeAll(async () => {
  port = await freePort();
  [product, browser, site] = await Promise.all([startProduct(), launch(), startSite(port)]);
  admin = await createAdmin(product);
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
  site?.close();
});

async function openAgent(id: string) {
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  const { page } = await newPage(context);
  await page.goto(`${product.url}/agents/${id}`);
  return page;
}

/** An event of now whose id ends with its number. */
function numbered(seq: number) {
  const time = Date.now().toString(16).padStart(12, "0");
  const end = String(seq).padStart(12, "0");
  return { id: `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${end}`, type: "job.done", seq };
}

test("an agent's page tells what became of all it sent, and which of its numbers are missing", async () => {
  const agent = await admin.mutate("agents.create", { name: "counted" });
  const input = { agentId: agent.id, name: "sender", scopes: ["events:write"] };
  const { key } = await admin.mutate("apiKeys.create", input);
  const page = await openAgent(agent.id);
  await page.getByText("Nothing sent yet").waitFor();
  await expectSound(page, "an agent that sent nothing");

  const send = async (events: object[]) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const body = JSON.stringify({ events });
    const response = await fetch(`${product.url}/api/v1/events`, { method: "POST", headers, body });
    expect(response.status).toBe(200);
  };
  const events = [1, 2, 3, 7, 9].map(numbered);
  await send([...events, { type: "Not a type" }]);
  await send(events.slice(0, 2));
  await page.getByText("4 have not arrived").waitFor();
  const cells = page.getByRole("row", { name: "sender" }).first().getByRole("cell");
  // Batches, sent, accepted, duplicates, rejected.
  await expect
    .poll(async () => (await cells.allInnerTexts()).slice(1, 6))
    .toEqual(["2", "8", "5", "2", "1"]);
  const figure = (term: string) =>
    page.locator("dl > div", { hasText: term }).locator("dd").textContent();
  await expect.poll(() => figure("Events")).toBe("5");
  expect(await figure("Last event")).not.toBe("never");
  const keys = page.getByRole("table", { name: "API keys of this agent" });
  const lastUsed = keys.getByRole("row", { name: "sender" }).getByRole("cell").nth(4);
  await expect.poll(() => lastUsed.textContent()).not.toBe("never");
  await expectSound(page, "deliveries with gaps");

  await send([4, 5, 6, 8].map(numbered));
  await page.getByText("Every event numbered from 1 to 9 has arrived.").waitFor();
});

test("a key made for a web page works in that page, and in no other", async () => {
  const agent = await admin.mutate("agents.create", { name: "shop front" });
  const page = await openAgent(agent.id);
  await page.getByRole("button", { name: "New key" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("pages");
  await dialog.getByText("Restrictions").click();
  await dialog.getByLabel("Web pages").fill("https://*.example.com");
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("https://*.example.com is not an origin").waitFor();
  await dialog.getByLabel("Web pages").fill(`http://127.0.0.1:${port}`);
  await dialog.getByLabel("events:read").check();
  await dialog.getByRole("button", { name: "Create key" }).click();
  await dialog.getByText("may only send events").waitFor();
  await expectAccessible(page, "a key for pages that could read");
  await dialog.getByLabel("events:read").uncheck();
  await dialog.getByRole("button", { name: "Create key" }).click();
  const key = await page.getByLabel("The new API key").inputValue();
  await page.getByRole("tab", { name: "Web page" }).waitFor();
  await expectAccessible(page, "the new key for pages");
  await page.getByRole("button", { name: "I have stored the key" }).click();
  await page.getByRole("cell", { name: `http://127.0.0.1:${port}` }).waitFor();

  /** What a page of an origin can do with the key, in so many milliseconds. */
  const tryFrom = async (origin: string, milliseconds: number) => {
    const visitor = await (await newContext(browser)).newPage();
    await visitor.goto(origin);
    return visitor.evaluate(
      async ([url, secret, within]) => {
        const { createMuniment, browserOptions } = (globalThis as unknown as { sdk: Sdk }).sdk;
        const muniment = createMuniment({ url, key: secret, ...browserOptions });
        muniment.send({ type: "page.opened", subject: "/" });
        const sent = await muniment.flush(within);
        const headers = { authorization: `Bearer ${secret}` };
        const read = await fetch(`${url}/api/v1/events`, { headers }).then(
          ({ status }) => status,
          () => "blocked",
        );
        return { sent, read };
      },
      [product.url, key, milliseconds] as const,
    );
  };
  expect(await tryFrom(`http://127.0.0.1:${port}`, 60_000)).toEqual({
    sent: true,
    read: "blocked",
  });
  expect(await tryFrom(`http://localhost:${port}`, 3000)).toEqual({ sent: false, read: "blocked" });
  await page.goto(`${product.url}/events`);
  await page.getByText("page.opened").first().waitFor();
});
