import { fileURLToPath } from "node:url";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const password = "correct horse battery staple";
const sample = fileURLToPath(
  new URL("../packages/log-formats/samples/sshd-sample.log", import.meta.url),
);

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

/** A table by its caption, and the edges at which it fades. */
function tableOf(name: string) {
  const table = page.getByRole("region", { name });
  const edges = page.locator("[data-edge]").and(table.locator("xpath=following-sibling::*"));
  const faded = () =>
    edges.evaluateAll((found) => found.map((one) => one.getAttribute("data-edge")));
  return { table, faded };
}

const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });

describe("a newcomer, from the printed link to the audit log", () => {
  test("V6.2.6 becomes the first administrator, told by a meter what is wrong with a password", async () => {
    await page.goto(product.setupLink);
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    const chosen = page.getByLabel("Password", { exact: true });
    expect(await chosen.getAttribute("type")).toBe("password");
    await chosen.fill("passwordpassword");
    await page.getByText(/attackers try first/).waitFor();
    expect(await page.getByRole("meter").getAttribute("value")).toBe("0");
    await expectAccessible(page, "a weak password at set-up");
    await page.getByRole("button", { name: "Create administrator" }).click();
    await page.locator("form [aria-live=polite]", { hasText: /attackers try first/ }).waitFor();
    await chosen.fill(password);
    await page.getByText("Hard to guess.").waitFor();
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
    await page.getByText(`curl -sS ${product.url}/api/v1/events`).waitFor();
    await expectAccessible(page, "an agent that has sent nothing");
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

  test("sees the events arrive, counted and charted", async () => {
    await page.getByRole("link", { name: "Events", exact: true }).click();
    await heading("Events").waitFor();
    await page.goto(`${product.url}/events?range=all`);
    await page.getByText("200 events").first().waitFor();
    await page
      .getByRole("img", { name: /events|chart/i })
      .first()
      .waitFor();
    await page.getByRole("list", { name: "Events" }).getByRole("listitem").first().waitFor();
    await expectAccessible(page, "explorer");
  });

  test("answers which addresses failed most, and when", async () => {
    const type = page.getByRole("region", { name: "Type" });
    await type.getByRole("button", { name: /^ssh\.login\.failed/ }).click();
    await page.getByText("42 events").first().waitFor();
    expect(new URL(page.url()).search).toContain("ssh.login.failed");
    const address = page.getByRole("region", { name: "address" });
    const first = async () => {
      const [text] = await address.getByRole("listitem").allInnerTexts();
      return text?.split(/\s+/);
    };
    await expect.poll(first).toEqual(["192.0.2.77", "24"]);
    await address.getByRole("button", { name: "Chart by address" }).click();
    const legend = page.getByRole("list", { name: "Legend" });
    await legend.getByText("192.0.2.77").waitFor();
    await expectAccessible(page, "explorer charted by address");
    await address.getByRole("button", { name: /^192\.0\.2\.77/ }).click();
    await page.getByText("24 events").first().waitFor();
  });

  test("opens one event, and shares its address", async () => {
    await page.getByRole("list", { name: "Events" }).getByRole("link").first().click();
    const details = page.getByLabel("Event details");
    await details.getByText("192.0.2.77").first().waitFor();
    await expectAccessible(page, "event details");
    await page.reload();
    await page.getByLabel("Event details").getByText("192.0.2.77").first().waitFor();
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "hidden" });
  });

  test("follows new events live", async () => {
    await page.goto(`${product.url}/events`);
    await page.getByRole("button", { name: "Live" }).click();
    // Only what comes while the stream is open is shown by it.
    await page.getByText("Live: new events appear").waitFor();
    const marker = "walked through the door";
    const send = () =>
      fetch(`${product.url}/api/v1/events`, {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
        body: JSON.stringify({ events: [{ type: "door.opened", message: marker }] }),
      });
    expect((await send()).status).toBe(200);
    await page.getByText(marker).first().waitFor();
    await expectAccessible(page, "live explorer");
    await page.getByRole("button", { name: "Live" }).click();
  });

  test("sees every sensitive step of it in the audit log", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    await heading("Audit log").waitFor();
    for (const action of ["api_key.created", "agent.created", "setup.completed"]) {
      await page.getByRole("table").getByText(action).first().waitFor();
    }
    await expectAccessible(page, "audit log");
    await page.getByText("verified in this browser").waitFor();
    await page.getByRole("link", { name: "setup.completed" }).click();
    await page.getByRole("button", { name: "Verify in this browser" }).click();
    await page.getByText("under the signed checkpoint").waitFor();
    await expectAccessible(page, "proof of an audit entry");
    expect(await page.content()).not.toContain(key);
  });

  test.each([
    "/",
    "/agents",
    "/account",
    "/data",
    "/admin/users",
    "/admin/alerts",
    "/admin/audit",
    "/admin/limits",
    "/admin/witnesses",
    "/admin/posture",
    "/events?range=all",
  ])("%s is in order with data, in the dark and on a narrow window", async (path) => {
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 375, height: 800 });
    await page.goto(product.url + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await expectAccessible(page, `${path}, dark and narrow`);
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - innerWidth",
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  });

  test("a table that is wider than the window fades where it goes on, and its contrast is judged", async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(`${product.url}/agents`);
    const { table, faded } = tableOf("Agents");
    await table.waitFor();
    await expect.poll(faded).toEqual(["end"]);
    await expectAccessible(page, "a table that fades");
    const cell = table.getByRole("columnheader").first();
    const paint = (colour: string) =>
      cell.evaluate((element, value) => {
        element.style.color = value;
      }, colour);
    const said = async () => {
      await paint("#eee");
      const looks = await cell.evaluate(`(element) => {
        const { color, visibility } = getComputedStyle(element);
        return [color, visibility, getComputedStyle(document.body).backgroundColor].join(", ");
      }`);
      const found = await expectAccessible(page, "a cell that is hard to read").catch(String);
      return found ?? `nothing found of ${looks}`;
    };
    await expect.poll(said).toContain("a cell that is hard");
    await paint("");
    await table.evaluate((element) => element.scrollTo({ left: element.scrollWidth }));
    await expect.poll(faded).toEqual(["start"]);
    await page.setViewportSize({ width: 1280, height: 900 });
    await expect.poll(faded).toEqual([]);
  });

  test("the buttons of a row are in sight however wide its table is", async () => {
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto(`${product.url}/admin/witnesses`);
    const { table, faded } = tableOf("Signed states of the log");
    const button = table.getByRole("button").first();
    await button.waitFor();
    expect(await faded()).toEqual([]);
    const rightOf = async (element: Locator) => {
      const box = await element.boundingBox();
      return (box?.x ?? 0) + (box?.width ?? 0);
    };
    expect(await rightOf(button)).toBeLessThan(await rightOf(table));
    await expectAccessible(page, "a table that keeps its buttons in sight");
    await table.evaluate((element) => element.scrollTo({ left: element.scrollWidth }));
    await expect.poll(faded).toEqual(["start"]);
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  test("caused no error and no violation of the content security policy", () => {
    expect(complaints).toEqual([]);
  });
});
