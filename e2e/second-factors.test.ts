import { Secret, TOTP } from "otpauth";
import type { Browser, CDPSession, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mailsTo } from "../apps/api/test/outbox.ts";
import { freePort } from "../test/free-port.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { type Product, startProduct } from "./product.ts";

const password = "correct horse battery staple";
let product: Product;
let browser: Browser;
let page: Page;
let complaints: string[];
let cdp: CDPSession;
let authenticatorId = "";
let site = "";

beforeAll(async () => {
  const port = await freePort();
  site = `http://localhost:${port}`;
  [product, browser] = await Promise.all([
    startProduct({ PORT: String(port), PUBLIC_URL: site, REQUIRE_MFA: "admin" }),
    launch(),
  ]);
  const context = await newContext(browser);
  ({ page, complaints } = await newPage(context));
  cdp = await context.newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  ({ authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  }));
});
afterAll(async () => {
  await browser?.close();
  await product?.stop();
});

const heading = (name: string | RegExp) => page.getByRole("heading", { name, level: 1 });
let codes: string[] = [];
let secret = "";
async function takeCodes() {
  const list = page.getByRole("list", { name: "Recovery codes" });
  await list.waitFor();
  codes = await list.getByRole("listitem").allInnerTexts();
  expect(codes).toHaveLength(10);
}

describe("an administrator whose role needs a second factor", () => {
  test("is led to set one up, and nowhere else", async () => {
    await page.goto(product.setupLink);
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Name", { exact: true }).fill("Ada");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Create administrator" }).click();
    await heading("Set up a second factor").waitFor();
    await expectAccessible(page, "enrolment");
    // In a page of its own: what comes next must work in the one that has just made the account.
    const other = await page.context().newPage();
    await other.goto(`${site}/admin/users`);
    await other.getByRole("heading", { name: "Set up a second factor", level: 1 }).waitFor();
    await other.close();
  });

  test("sets an authenticator app up", async () => {
    await page.getByRole("button", { name: "Use an authenticator app" }).click();
    await page.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
    const shown = await page.getByRole("dialog").locator("code").textContent();
    secret = (shown ?? "").replaceAll(" ", "");
    await expectAccessible(page, "authenticator app");
    await page
      .getByLabel("Code", { exact: true })
      .fill(new TOTP({ secret: Secret.fromBase32(secret) }).generate());
    await page.getByRole("button", { name: "Turn on" }).click();
    await takeCodes();
    await expectAccessible(page, "recovery codes");
    await page.getByRole("button", { name: "I have stored the codes" }).click();
    await heading("Overview").waitFor();
  });

  test("adds a passkey", async () => {
    await page.goto(`${site}/account`);
    await page.getByRole("button", { name: "Add a passkey" }).first().click();
    await page.getByRole("dialog").getByLabel("Name").fill("Laptop");
    await expectAccessible(page, "new passkey");
    await page.getByRole("button", { name: "Add passkey", exact: true }).click();
    await page.getByRole("table", { name: "Your passkeys" }).getByText("Laptop").waitFor();
    await expectAccessible(page, "account with factors");
  });

  const leave = async () => {
    await page.context().clearCookies();
    await page.goto(`${site}/sign-in`);
    await heading("Sign in").waitFor();
  };
  const givePassword = async () => {
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await heading("One more step").waitFor();
  };

  test("signs in with the passkey alone", async () => {
    await leave();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await heading("Overview").waitFor();
  });

  test("signs in with password and a recovery code, once", async () => {
    for (const works of [true, false]) {
      await leave();
      await givePassword();
      if (works) await expectAccessible(page, "second step");
      await page.getByRole("button", { name: "Use a recovery code" }).click();
      await page.getByLabel("Recovery code").fill(codes[0] ?? "");
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      if (works) await heading("Overview").waitFor();
      else await page.getByText(/was not accepted/).waitFor();
    }
    await page.getByRole("button", { name: "Back" }).click();
    await heading("Sign in").waitFor();
  });

  test("signs in with password and passkey", async () => {
    await leave();
    await givePassword();
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await heading("Overview").waitFor();
  });

  test("proves who they are with a recovery code too, where a step asks for it", async () => {
    await page.goto(`${site}/data`);
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
    await proof.getByRole("button", { name: "Use a recovery code" }).click();
    await proof.getByLabel("Recovery code").fill(codes[1] ?? "");
    await expectAccessible(page, "proof with a recovery code");
    await proof.getByRole("button", { name: "Confirm", exact: true }).click();
    const copies = page.getByRole("table", { name: "Copies of your data" });
    await copies.waitFor();
  });

  test("is told when no passkey was given", async () => {
    await leave();
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByText(/No passkey was given/).waitFor({ timeout: 60_000 });
    await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  });

  test("is told what a password must be beside the factor, as the server takes it", async () => {
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await heading("Overview").waitFor();
    await page.goto(`${site}/account`);
    await page.getByText("At least 8 characters.").waitFor();
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel("New password").fill("otterjam 71");
    await page.getByText("Hard to guess.").waitFor();
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText(/Your password was changed/).waitFor();
    await page.getByLabel("Current password").fill("otterjam 71");
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect.poll(() => page.getByLabel("New password").inputValue()).toBe("");
    await leave();
  });

  test("is in order in the dark and on a narrow window", async () => {
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await heading("Overview").waitFor();
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    await page.setViewportSize({ width: 375, height: 800 });
    await page.goto(`${site}/account`);
    await heading(/Account/).waitFor();
    await expectAccessible(page, "account, dark and narrow");
    const overflow = await page.evaluate<number>(
      "document.documentElement.scrollWidth - innerWidth",
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test("who lost them all gets in again through the machine of the server and the mailbox", async () => {
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    const { code, stdout } = await product.cli(["admin", "remove-factors", "ada@example.org"], {
      DATA_DIR: product.dataDir,
      PUBLIC_URL: site,
      MUNIMENT_MIGRATIONS: product.migrations,
    });
    expect([code, stdout]).toEqual([0, expect.stringContaining("are removed")]);
    const link = async () =>
      (await mailsTo(product, "ada@example.org", 0))
        .map(({ text }) => /http\S+\/reset#\S+/.exec(text)?.[0])
        .find((found) => found !== undefined);
    await expect.poll(link).toBeDefined();
    await page.goto((await link()) ?? "");
    await page.getByText("For ada@example.org").waitFor();
    await page.getByText("At least 15 characters.").waitFor();
    await expectAccessible(page, "reset, narrow");
    await page.getByLabel("New password").fill("marmalade for every otter");
    await page.getByRole("button", { name: "Set the password" }).click();
    await heading("Your password is set").waitFor();
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByLabel("E-mail").fill("ada@example.org");
    await page.getByLabel("Password", { exact: true }).fill("marmalade for every otter");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await heading("Set up a second factor").waitFor();
  });

  test("caused no error and no violation of the content security policy", () => {
    expect(complaints).toEqual([]);
  });
});
