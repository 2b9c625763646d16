import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mailsTo } from "../apps/api/test/outbox.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";

const first = "marmalade for every otter";
const second = "a lantern above the harbour";
const third = "seven kites beyond the mill";
const address = "ada@example.org";
const newAddress = "lovelace@example.org";

let product: Product;
let browser: Browser;
let page: Page;
let admin: Page;
const complaints: string[] = [];

beforeAll(async () => {
  const env = { SIGN_UP: "open", SIGN_UP_VERIFY: "on" };
  [product, browser] = await Promise.all([startProduct(env), launch()]);
  const { cookie } = await createAdmin(product);
  const member = await newPage(await newContext(browser));
  const context = await newContext(browser);
  await context.addCookies([{ ...cookie, url: product.url }]);
  const other = await newPage(context);
  [page, admin] = [member.page, other.page];
  for (const one of [member, other]) one.page.on("close", () => complaints.push(...one.complaints));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

/** The link to a page in the newest mail that has one. */
async function linkTo(path: string, to: string): Promise<string> {
  const find = async () => {
    const links = (await mailsTo(product, to, 0)).map(
      ({ text }) => new RegExp(`http\\S+/${path}#\\S+`).exec(text)?.[0],
    );
    return links.filter((link) => link !== undefined).at(-1);
  };
  await expect.poll(find).toBeDefined();
  return (await find()) ?? "";
}

const heading = (name: string, on = page) => on.getByRole("heading", { name, level: 1 });

async function signIn(email: string, password: string) {
  await page.goto(`${product.url}/sign-in`);
  await page.getByLabel("E-mail").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await heading("Overview").waitFor();
}

describe("by links of mails", () => {
  test("a newcomer confirms the address before there is an account", async () => {
    await page.goto(`${product.url}/sign-up`);
    await page.getByLabel("E-mail").fill(address);
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Password", { exact: true }).fill(first);
    await page.getByRole("button", { name: "Create account" }).click();
    await heading("Look into your mailbox").waitFor();
    await expectAccessible(page, "verification sent");
    await page.goto(await linkTo("verify", address));
    await heading("Confirm your address").waitFor();
    await page.waitForURL(`${product.url}/verify`);
    await expectAccessible(page, "verify");
    const chosen = page.getByLabel("Password", { exact: true });
    expect(await chosen.getAttribute("autocomplete")).toBe("current-password");
    const confirm = page.getByRole("button", { name: "Confirm and make my account" });
    // As its owner would, to whom the link of a stranger's sign-up came.
    await chosen.fill(second);
    await confirm.click();
    await page.getByText("open the mail of your other sign-up").waitFor();
    expect(await chosen.getAttribute("aria-invalid")).toBe("true");
    await page.locator("input[name=password]:focus").waitFor();
    await expectAccessible(page, "verify with another password");
    await chosen.fill(first);
    await confirm.click();
    await heading("Your account is ready").waitFor();
    await signIn(address, first);
  });

  test("V6.2.7 a password can be pasted, and each field tells a password manager what it is", async () => {
    const fields = {
      "/sign-in": ["username", "current-password"],
      "/sign-up": ["username", "name", "new-password"],
    };
    await page.context().clearCookies();
    for (const [path, expected] of Object.entries(fields)) {
      await page.goto(`${product.url}${path}`);
      await page.getByLabel("Password", { exact: true }).waitFor();
      const inputs = await page.locator("form input").all();
      const kinds = await Promise.all(inputs.map((input) => input.getAttribute("autocomplete")));
      expect(kinds).toEqual(expected);
    }
    // Taken from one field, put into the other, as a manager without an extension does it.
    await page.goto(`${product.url}/sign-in`);
    const password = page.getByLabel("Password", { exact: true });
    await page.getByLabel("E-mail").fill(first);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.press("ControlOrMeta+X");
    await password.focus();
    await page.keyboard.press("ControlOrMeta+V");
    expect(await password.inputValue()).toBe(first);
    await page.getByLabel("E-mail").fill(address);
    await page.getByRole("button", { name: "Sign in" }).click();
    await heading("Overview").waitFor();
  });

  test("whoever forgot the password sets another, once", async () => {
    await page.context().clearCookies();
    await page.goto(`${product.url}/sign-in`);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await heading("Forgot your password?").waitFor();
    await expectAccessible(page, "forgot");
    await page.getByLabel("E-mail").fill(address);
    await page.getByRole("button", { name: "Send the link" }).click();
    await heading("Look into your mailbox").waitFor();
    const link = await linkTo("reset", address);
    const asked = "**/trpc/auth.inspectLink*";
    await page.route(asked, (route) => route.fulfill({ status: 500, body: "broken" }));
    await page.goto(link);
    await page.getByText("could not be checked").waitFor();
    await expectAccessible(page, "a link that could not be checked");
    await page.unroute(asked);
    await page.getByRole("button", { name: "Try again" }).click();
    await page.getByLabel("New password", { exact: true }).waitFor();
    await heading("Set a new password").waitFor();
    await page.waitForURL(`${product.url}/reset`);
    await expectAccessible(page, "reset");
    await page.getByLabel("New password", { exact: true }).fill(second);
    await page.getByRole("button", { name: "Set the password" }).click();
    await heading("Your password is set").waitFor();
    await page.goto("about:blank");
    await page.goto(link);
    await heading("This link does not work").waitFor();
    await expectAccessible(page, "a used link");
    await signIn(address, second);
  });

  test("an address is changed, and taken back by the former one", async () => {
    await page.goto(`${product.url}/account`);
    await page.getByLabel("New address").fill(newAddress);
    await page.getByRole("button", { name: "Change address" }).click();
    await page.getByText("is on its way").waitFor();
    // Without a mail server it goes nowhere, and the page says where it lies.
    await page.getByText("No mail server is set").waitFor();
    await expectAccessible(page, "account with a change asked for");
    await page.goto(await linkTo("confirm-email", newAddress));
    await expectAccessible(page, "confirm the address");
    await page.getByRole("button", { name: "Confirm the address" }).click();
    await heading("Your address is changed").waitFor();
    await page.getByRole("link", { name: "Go on" }).click();
    await heading("Account & security").waitFor();
    await page.getByText(newAddress).first().waitFor();
    await page.goto(await linkTo("undo-email", address));
    await heading("Take the change of address back").waitFor();
    await expectAccessible(page, "take a change back");
    await page.getByLabel("New password", { exact: true }).fill(third);
    await page.getByRole("button", { name: "Set the password" }).click();
    await heading("The change is taken back").waitFor();
    await signIn(address, third);
  });

  test.each(["reset", "verify", "confirm-email", "undo-email"])(
    "/%s without its token says so",
    async (path) => {
      await page.goto(`${product.url}/${path}`);
      await heading("This link does not work").waitFor();
    },
  );
});

describe("an administrator", () => {
  test("sends, resends and revokes an invitation", async () => {
    const guest = "guest@example.org";
    await admin.goto(`${product.url}/admin/users`);
    await admin.getByRole("button", { name: "Invite" }).click();
    await admin.getByRole("dialog").getByLabel("E-mail").fill(guest);
    await admin.getByRole("button", { name: "Send invitation" }).click();
    const table = admin.getByRole("table", { name: "Who is invited" });
    await table.getByText(guest).waitFor();
    await admin.getByRole("button", { name: `Resend the invitation of ${guest}` }).click();
    await admin.getByText("the earlier one no longer works").waitFor();
    await mailsTo(product, guest, 2);
    await expectAccessible(admin, "users with an invitation");
    await admin.getByRole("button", { name: `Revoke the invitation of ${guest}` }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await table.waitFor({ state: "hidden" });
    await page.goto(await linkTo("sign-up", guest));
    await page.getByLabel("E-mail").fill(guest);
    await page.getByLabel("Name", { exact: true }).fill("Guest");
    await page.getByLabel("Password", { exact: true }).fill(first);
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByText("This invitation is not valid any more").waitFor();
  });

  test("sees one account, ends a session of it and starts a reset, and sees no link", async () => {
    await admin.goto(`${product.url}/admin/users?text=ada`);
    await admin.getByRole("table", { name: "Users" }).getByRole("link", { name: "Ada" }).click();
    await heading("Ada", admin).waitFor();
    await expectAccessible(admin, "a user");
    await admin
      .getByRole("button", { name: /^End the session/ })
      .first()
      .click();
    await admin.getByText("The session was ended.").first().waitFor();
    await admin.getByRole("button", { name: "Send a reset link" }).click();
    await admin.getByRole("dialog").getByRole("button", { name: "Send the link" }).click();
    await admin.getByText("works for 30 minutes").waitFor();
    expect(await admin.content()).not.toContain("#token=");
    await admin.setViewportSize({ width: 375, height: 800 });
    await admin.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await admin.reload();
    await heading("Ada", admin).waitFor();
    await expectAccessible(admin, "a user, dark and narrow");
    const overflow = await admin.evaluate<number>(
      "document.documentElement.scrollWidth - innerWidth",
    );
    expect(overflow).toBeLessThanOrEqual(0);
    await admin.setViewportSize({ width: 1280, height: 900 });
    await admin.getByRole("link", { name: "What was done to the account" }).click();
    await admin.getByRole("table").getByText("user.password_reset_started").first().waitFor();
  });

  test("disables an account, finds it by its state, and deletes it", async () => {
    await admin.goto(`${product.url}/admin/users?text=ada`);
    await admin.getByRole("link", { name: "Ada" }).click();
    // Until then the list, with a menu of the same name, is still there.
    await heading("Ada", admin).waitFor();
    await admin.getByRole("button", { name: "Actions for Ada" }).click();
    await admin.getByRole("menuitem", { name: "Disable" }).click();
    await admin.getByText("disabled", { exact: true }).first().waitFor();
    await admin.goto(`${product.url}/admin/users`);
    await admin.getByLabel("Status").selectOption("disabled");
    await admin.getByRole("link", { name: "Ada" }).click();
    // Until then the list, with a menu of the same name, is still there.
    await heading("Ada", admin).waitFor();
    await admin.getByRole("button", { name: "Actions for Ada" }).click();
    await admin.getByRole("menuitem", { name: "Delete" }).click();
    await admin.getByRole("dialog").getByRole("textbox").fill(address);
    await admin.getByRole("button", { name: "Delete account" }).click();
    await heading("Users", admin).waitFor();
    await admin.waitForURL(`${product.url}/admin/users`);
  });
});

test("caused no error and no violation of the content security policy", async () => {
  await page.close();
  await admin.close();
  expect(complaints).toEqual([]);
});
