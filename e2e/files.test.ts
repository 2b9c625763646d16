import { readFile } from "node:fs/promises";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jpeg, secretPlace } from "../apps/api/test/file-samples.ts";
import { launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];
let eventId = "";

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launch()]);
  const admin = await createAdmin(product);
  const agent = await admin.mutate("agents.create", { name: "camera" });
  const scopes = ["events:write", "events:read"];
  const { key } = await admin.mutate("apiKeys.create", { agentId: agent.id, name: "k", scopes });
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const body = JSON.stringify({ events: [{ type: "door.opened", message: "By whom?" }] });
  await fetch(`${product.url}/api/v1/events`, { method: "POST", headers, body });
  const found = await fetch(`${product.url}/api/v1/events`, { headers });
  const { items } = (await found.json()) as { items: { id: string }[] };
  eventId = items[0]?.id ?? "";
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const files = () => page.getByRole("list", { name: "Files" });
const choose = (name: string, mimeType: string, buffer: Buffer) =>
  page.getByLabel("File to upload").setInputFiles({ name, mimeType, buffer });

test("a photo is kept beside an event without its place, downloaded and deleted", async () => {
  await page.goto(`${product.url}/events?event=${eventId}`);
  const panel = page.getByRole("complementary", { name: "Event details" });
  await panel.getByRole("heading", { name: "Files" }).waitFor();
  await choose("door.jpg", "image/jpeg", jpeg());
  await files().getByText("metadata taken out").waitFor();
  await expectSound(page, "an event with a file");

  await choose("drawing.svg", "image/svg+xml", Buffer.from("<svg onload='alert(1)'/>"));
  await page.getByRole("alert").getByText("drawing.svg: The content is").waitFor();
  await expectSound(page, "a refused file");

  const started = page.waitForEvent("download");
  await files().getByRole("link", { name: "door.jpg" }).click();
  const saved = await readFile(await (await started).path());
  expect(saved.includes(secretPlace)).toBe(false);
  expect(saved.subarray(0, 2).toString("hex")).toBe("ffd8");

  await page.goto(`${product.url}/files`);
  await page.getByText(/ of 104\.9 MB used$/).waitFor();
  await expectSound(page, "all files");
  await files().getByRole("link", { name: "its event" }).click();
  await panel.getByRole("button", { name: "Delete door.jpg" }).click();
  await page.getByRole("button", { name: "Delete file" }).click();
  await page.getByText("The file was deleted.").waitFor();
  await files().waitFor({ state: "detached" });
});

test("a file can be dropped; an empty page says what to do", async () => {
  await page.goto(`${product.url}/files`);
  await page.getByText("No files yet").waitFor();
  await expectSound(page, "no files");
  const dropped = await page.evaluateHandle(
    "(() => { const all = new DataTransfer(); all.items.add(new File(['a,b\\n'], 'table.csv', { type: 'text/csv' })); return all; })()",
  );
  const target = page.getByText("Or drop it here");
  await target.dispatchEvent("dragover", { dataTransfer: dropped });
  await target.dispatchEvent("drop", { dataTransfer: dropped });
  await files().getByRole("link", { name: "table.csv" }).waitFor();
});

test("images of a browser's own making can still be drawn when they come back", async () => {
  await page.goto(`${product.url}/files`);
  for (const type of ["png", "jpeg", "webp"]) {
    const size = await page.evaluate<number[]>(`(async () => {
      const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
      const pen = canvas.getContext("2d");
      pen.fillStyle = "teal";
      pen.fillRect(3, 3, 20, 20);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/${type}"));
      const form = new FormData();
      form.append("file", blob, "drawn.${type}");
      const sent = await fetch("/trpc/uploads.create", { method: "POST", body: form });
      const { result } = await sent.json();
      const back = await fetch("/api/v1/uploads/" + result.data.id);
      const drawn = await createImageBitmap(await back.blob());
      return [drawn.width, drawn.height];
    })()`);
    expect([type, ...size]).toEqual([type, 40, 30]);
  }
  expect(complaints).toEqual([]);
});
