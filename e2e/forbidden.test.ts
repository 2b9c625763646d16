import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";

const password = "correct horse battery staple";
const adminPages = [
  "/admin/users",
  "/admin/alerts",
  "/admin/audit",
  "/admin/limits",
  "/admin/witnesses",
  "/admin/posture",
];
const ownPages = [
  "/",
  "/events",
  "/agents",
  "/alert-rules",
  "/webhooks",
  "/exports",
  "/imports",
  "/files",
  "/insights",
  "/account",
  "/data",
];

let product: Product;
let browser: Browser;
let member: Page;
let complaints: string[];

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct({ SIGN_UP: "open" }), launch()]);
  await createAdmin(product);
  ({ page: member, complaints } = await newPage(await newContext(browser)));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

describe("a member", () => {
  test("signs up where that is open", async () => {
    await member.goto(`${product.url}/sign-up`);
    await member.getByLabel("E-mail").fill("member@example.org");
    await member.getByLabel("Name", { exact: true }).fill("Member");
    await member.getByLabel("Password", { exact: true }).fill(password);
    await expectAccessible(member, "sign-up");
    await member.getByRole("button", { name: /create|sign up/i }).click();
    await member.getByRole("heading", { name: "Overview", level: 1 }).waitFor();
  });

  test.each(adminPages)("is told that %s is not theirs, and sees nothing of it", async (path) => {
    const calls: string[] = [];
    member.on("request", (request) => calls.push(request.url()));
    await member.goto(product.url + path);
    await member.getByRole("heading", { name: "You may not see this page" }).waitFor();
    await expectAccessible(member, `${path} as a member`);
    expect(await member.getByRole("table").count()).toBe(0);
    expect(
      calls.filter((url) => /\/trpc\/(?:users|alerts|audit|limits|posture)\./.test(url)),
    ).toEqual([]);
    expect(await member.getByRole("link", { name: "Audit log" }).count()).toBe(0);
  });

  test.each(ownPages)("reaches %s, empty, without complaints", async (path) => {
    await member.goto(product.url + path);
    await member.getByRole("heading", { level: 1 }).waitFor();
    await expectAccessible(member, `${path}, empty`);
    expect(complaints).toEqual([]);
  });

  test.each([
    ["that does not arrive", (route: Route) => route.abort()],
    [
      "answered with what no page can show",
      (route: Route) => route.fulfill({ json: [{ result: { data: { items: "none" } } }] }),
    ],
  ])("is told of a call %s, which is no error of the page", async (_name, handle) => {
    await member.route("**/trpc/agents.list**", handle);
    await member.goto(`${product.url}/agents`);
    await member.getByRole("alert").first().waitFor();
    await member.unroute("**/trpc/agents.list**");
  });

  test("who signs out meets the sign-in page, and comes back to where they were", async () => {
    await member.context().clearCookies();
    await member.goto(`${product.url}/agents`);
    await member.getByRole("heading", { name: /sign in/i }).waitFor();
    await expectAccessible(member, "sign-in");
    await member.getByLabel("E-mail").fill("member@example.org");
    await member.getByLabel("Password", { exact: true }).fill("a wrong password, certainly");
    await member.getByRole("button", { name: "Sign in" }).click();
    await member.getByText(/wrong/i).first().waitFor();
    await member.getByLabel("Password", { exact: true }).fill(password);
    await member.getByRole("button", { name: "Sign in" }).click();
    await member.getByRole("heading", { name: "Agents", level: 1 }).waitFor();
    expect(new URL(member.url()).pathname).toBe("/agents");
  });
});
