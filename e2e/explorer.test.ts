import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

const sample = fileURLToPath(
  new URL("../packages/log-formats/samples/sshd-sample.log", import.meta.url),
);

let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];
let key: string;

beforeAll(async () => {
  [product, browser] = await Promise.all([startProduct(), launch()]);
  const admin = await createAdmin(product);
  const agent = await admin.mutate("agents.create", { name: "sshd on example" });
  const scopes = ["events:write", "events:read"];
  ({ key } = await admin.mutate("apiKeys.create", { agentId: agent.id, name: "k", scopes }));
  const env = { MUNIMENT_API_KEY: key, MUNIMENT_URL: product.url };
  // Of a year by now long past, on every day of this one.
  await product.cli(["send", "--format", "sshd", "--year", "2025", sample], env);
  const found = await product.cli(["search", "--json", "type:ssh.login.failed"], env);
  expect(found.stdout.trim().split("\n")).toHaveLength(42);
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page, complaints } = await newPage(context));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const box = () => page.getByRole("combobox", { name: "Query" });
const options = () => page.getByRole("listbox", { name: "Completions" }).getByRole("option");
const asked = () => new URL(page.url()).searchParams.get("query");
const events = (count: number) => page.getByRole("heading", { name: `${count} events` }).waitFor();

describe("the query of the explorer", () => {
  test("is completed by keyboard with what the events hold, and asked with Enter", async () => {
    await page.goto(`${product.url}/events?range=all`);
    await events(200);
    await box().pressSequentially("typ");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await box().inputValue()).toBe("type:");
    await options().filter({ hasText: "ssh.login.failed" }).waitFor();
    await expectAccessible(page, "explorer with completions");
    await page.keyboard.type("login.f");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    expect(await box().inputValue()).toBe("type:ssh.login.failed ");
    expect(asked()).toBeNull();
    await page.keyboard.press("Enter");
    await events(42);
    expect(asked()).toBe("type:ssh.login.failed");
  });

  test("completes the values of a property from all of the events", async () => {
    await box().fill("props.addr");
    await options().filter({ hasText: "props.address" }).click();
    await page.keyboard.type(":192.0.2.7");
    await options().filter({ hasText: "192.0.2.77" }).click();
    await page.keyboard.press("Enter");
    await page.waitForURL(/192\.0\.2\.77/);
    expect(asked()).toBe("props.address:192.0.2.77");
    await page.locator("[aria-busy=true]").first().waitFor({ state: "detached" });
  });

  test("says what was expected where, and asks nothing until it can be read", async () => {
    const before = page.url();
    await box().fill("type:ssh.login.failed level:loud");
    await page.getByText("At character 29: expected a level").waitFor();
    expect(await page.getByTestId("query-mark").textContent()).toBe("loud");
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("expected a level").waitFor();
    expect(await box().getAttribute("aria-invalid")).toBe("true");
    expect(page.url()).toBe(before);
    await expectAccessible(page, "explorer with a query that cannot be read");
    await page.goto(`${product.url}/events?range=all&query=level%3Aloud`);
    await page.getByRole("heading", { name: "The query cannot be read" }).waitFor();
    await expectAccessible(page, "an address with a query that cannot be read");
    await page.goto(`${product.url}/events?range=all&query=agent%3Anobody`);
    await page.getByText("There is no agent named nobody.").first().waitFor();
  });

  test("follows the facets, and they follow it", async () => {
    await page.goto(`${product.url}/events?range=all&query=root`);
    const type = page.getByRole("region", { name: "Type" });
    await type.getByRole("button", { name: /^ssh\.login\.failed/ }).click();
    await page.waitForURL(/failed/);
    expect(asked()).toBe("root type:ssh.login.failed");
    await expect.poll(() => box().inputValue()).toBe("root type:ssh.login.failed");
    const chosen = type.getByRole("button", { pressed: true, name: /^ssh\.login\.failed/ });
    await chosen.click();
    await page.waitForURL((url) => !url.search.includes("failed"));
    await type.getByRole("button", { name: "Show all but: ssh.login.failed" }).focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/-type/);
    expect(asked()).toBe("root -type:ssh.login.failed");
    await page.getByRole("button", { name: "Clear the query" }).click();
    await events(200);
    const agent = page.getByRole("region", { name: "Agent" });
    await agent.getByRole("button", { name: /^sshd on example/ }).click();
    await page.waitForURL(/agent/);
    expect(asked()).toBe('agent:"sshd on example"');
  });

  test("takes terms by hand", async () => {
    await page.goto(`${product.url}/events?range=all&query=root`);
    await page.getByRole("button", { name: "Add filter" }).click();
    await page.getByRole("textbox", { name: "Value" }).fill("ssh.login.*");
    await page.getByRole("button", { name: "Add", exact: true }).click();
    await page.waitForURL(/ssh\.login/);
    expect(asked()).toBe("root type:ssh.login.*");
  });
});

describe("saved views", () => {
  const menu = (name = "Views") => page.getByRole("button", { name, exact: true });

  test("hold what is shown, and show it again", async () => {
    await page.goto(`${product.url}/events?range=all&query=root&by=type`);
    await menu().click();
    await page.getByRole("menuitem", { name: "Save this view" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Root's doings");
    await expectAccessible(page, "the dialog that saves a view");
    await dialog.getByRole("button", { name: "Save" }).click();
    await menu("Root's doings").waitFor();
    await page.goto(`${product.url}/events?range=24h`);
    await menu().click();
    await page.getByRole("menuitem", { name: "Root's doings" }).click();
    await page.waitForURL(/query=root/);
    expect(new URL(page.url()).searchParams.get("by")).toBe("type");
    await expect.poll(() => box().inputValue()).toBe("root");
  });

  test("are renamed, changed and deleted", async () => {
    await box().fill("root level:info");
    await page.keyboard.press("Enter");
    await page.waitForURL(/level/);
    await menu().click();
    await page.getByRole("menuitem", { name: "Manage views" }).click();
    const dialog = page.getByRole("dialog");
    await expectAccessible(page, "the dialog of saved views");
    await dialog.getByRole("button", { name: "Make Root's doings what is shown now" }).click();
    await dialog.getByText("root level:info").waitFor();
    await dialog.getByRole("button", { name: "Rename Root's doings" }).click();
    await dialog.getByLabel("New name of Root's doings").fill("Calm root");
    await dialog.getByRole("button", { name: "Rename", exact: true }).click();
    await dialog.getByText("Calm root", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Delete Calm root" }).click();
    await dialog.getByRole("button", { name: "Delete Calm root" }).click();
    await dialog.getByText("None is left.").waitFor();
    await page.keyboard.press("Escape");
  });
});

test("the chart shows the time before, and is zoomed without a pointer", async () => {
  await page.goto(`${product.url}/events?range=all`);
  const compare = page.getByRole("button", { name: "Compare with the time before" });
  expect(await compare.getAttribute("aria-disabled")).toBe("true");
  await page.getByRole("button", { name: "Show as a table" }).click();
  await page.getByRole("table").getByRole("button").first().click();
  await page.waitForURL(/from=/);
  await compare.click();
  await page.waitForURL(/compare=true/);
  await page.getByText(/in the time before/).waitFor();
  await page.getByRole("columnheader", { name: "Before" }).waitFor();
  await page.getByRole("button", { name: "Show as a chart" }).click();
  await expectAccessible(page, "a chart with the time before");
});

/** Answers a procedure in the server's place, where there is an answer to its input, until what it gives is called. */
async function answerInstead(
  procedure: string,
  answer: (input: { by?: string }) => object | undefined,
): Promise<() => Promise<void>> {
  const calls = `**/trpc/*${procedure}*`;
  await page.route(calls, async (route) => {
    const { pathname, searchParams } = new URL(route.request().url());
    const inputs = JSON.parse(searchParams.get("input") ?? "{}") as Record<string, { by?: string }>;
    const answers = (await (await route.fetch()).json()) as object[];
    pathname
      .slice("/trpc/".length)
      .split(",")
      .forEach((name, at) => {
        const own = name === procedure ? answer(inputs[at] ?? {}) : undefined;
        if (own) answers[at] = own;
      });
    await route.fulfill({ json: answers });
  });
  return () => page.unroute(calls);
}

test("the time before is not compared with where not all of it is kept", async () => {
  const data = { days: 1, instanceDays: null };
  const answerAgain = await answerInstead("events.retention", () => ({ result: { data } }));
  await page.goto(`${product.url}/events?range=24h&compare=true`);
  await page.getByText("0 in the time before, not all of which is kept").waitFor();
  await answerAgain();
  await page.reload();
  await page.getByText("0 in the time before", { exact: false }).waitFor();
  expect(await page.getByText("not all of which is kept").count()).toBe(0);
});

test("a query that nothing passes has no chart with times of its own", async () => {
  await page.goto(`${product.url}/events?range=all&query=type%3Anothing.here`);
  await page.getByText("There is nothing to chart.").waitFor();
  await page.getByText("There are events, but none").waitFor();
  await expectSound(page, "a query that nothing passes");
});

test("a chart that is refused says why, and leaves the choice of another", async () => {
  const message =
    "More than 1,000,000 events would have to be looked at one by one. Ask for a shorter time.";
  const data = { reason: "too_many_events" };
  // As the server answers where there are as many.
  const answerAgain = await answerInstead("events.timeseries", ({ by }) =>
    by === "subject" ? { error: { code: -32_600, message, data } } : undefined,
  );
  await page.goto(`${product.url}/events?range=all&by=subject`);
  const refusal = page.getByRole("alert").filter({ hasText: "The chart could not be loaded" });
  await refusal.getByText(message).waitFor();
  await page.getByRole("list", { name: "Events" }).waitFor();
  await expectSound(page, "a refused chart");
  await refusal.getByRole("combobox", { name: "Colours of the chart" }).selectOption("type");
  await events(200);
  expect(await refusal.count()).toBe(0);
  await answerAgain();
});

test("a part dragged out of the chart becomes the range, and the way back leads out of it", async () => {
  await page.goto(`${product.url}/events?range=all`);
  await events(200);
  const chart = page.locator(".u-over").first();
  const { x, y, width, height } = (await chart.boundingBox()) ?? {
    x: 0,
    y: 0,
    width: 0,
    height: 0,
  };
  const drag = async (fromPart: number, toPart: number) => {
    await page.mouse.move(x + width * fromPart, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * toPart, y + height / 2, { steps: 5 });
    await page.mouse.up();
  };
  // As short as a hand shakes in a click: that is none.
  await drag(0.5, 0.5 + 2 / width);
  expect(new URL(page.url()).searchParams.has("from")).toBe(false);
  await drag(0.8, 0.05);
  await page.waitForURL(/from=/);
  const { searchParams } = new URL(page.url());
  const [from = 0, to = 0] = ["from", "to"].map((name) => Date.parse(searchParams.get(name) ?? ""));
  expect(to - from).toBeGreaterThan(0);
  expect(searchParams.has("range")).toBe(false);
  const fewer = page.getByRole("heading", { name: /^(1?\d?\d) events?$/ });
  expect(Number.parseInt((await fewer.textContent()) ?? "", 10)).toBeGreaterThan(0);
  await page.goBack();
  await events(200);
});

test("keeping events for less shows first what goes", async () => {
  await page.goto(`${product.url}/account`);
  const days = page.getByLabel("Days");
  await days.fill("0");
  await page.getByText("a whole number from 1 to 36500").waitFor();
  await days.fill("7");
  await page.getByText(/200 events are from before/).waitFor();
  await expectAccessible(page, "account with a shorter retention");
  await page.getByRole("button", { name: "Delete what is older" }).click();
  await page.getByText("How long events are kept was changed.").waitFor();
  await page.goto(`${product.url}/events?range=all`);
  await page.getByRole("heading", { name: "No event has come in yet" }).waitFor();
});

test("shows values without any space within the details, each with its filter", async () => {
  const event = {
    type: "x".repeat(128),
    message: "W".repeat(1000),
    subject: "s".repeat(256),
    traceId: "t".repeat(128),
    props: { ["k".repeat(100)]: "v".repeat(1000), nested: { inner: "n".repeat(500) } },
  };
  const sent = await fetch(`${product.url}/api/v1/events`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ events: [event] }),
  });
  expect(sent.status).toBe(200);
  await page.goto(`${product.url}/events`);
  await page.getByRole("list", { name: "Events" }).getByRole("link").click();
  const details = page.getByLabel("Event details");
  await details.getByText(event.message).waitFor();
  await expectSound(page, "details without a space");
  // How far the farthest reaches over the panel's edge, in pixels.
  const beyond = await page.evaluate<number>(`(() => {
    const aside = document.querySelector("[aria-label='Event details']");
    const rightOf = (one) => one.getBoundingClientRect().right;
    return Math.max(...[...aside.querySelectorAll("*")].map(rightOf)) - rightOf(aside);
  })()`);
  expect(beyond).toBeLessThanOrEqual(0);
});

test("caused no error and no violation of the content security policy", () => {
  expect(complaints).toEqual([]);
});
