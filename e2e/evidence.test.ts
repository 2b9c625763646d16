import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCosigner, createNoteSigner } from "../apps/api/src/audit/note-signer.ts";
import { type Evidence, verifyEvidence } from "../packages/verify/src/evidence.ts";
import { formatVerifierKey, parseNote } from "../packages/verify/src/signed-note.ts";
import { expectAccessible, launch, newContext, newPage } from "./browser.ts";
import { createAdmin, type Product, startProduct } from "./product.ts";
import { expectSound } from "./sound.ts";

const markup = '</script><script>document.title="x"</script>';
let product: Product;
let admin: Awaited<ReturnType<typeof createAdmin>>;
let browser: Browser;
let page: Page;
let directory: string;
beforeAll(async () => {
  [product, browser, directory] = await Promise.all([
    startProduct({ EGRESS_ALLOW: "127.0.0.0/8" }),
    launch(),
    mkdtemp(join(tmpdir(), "muniment-evidence-")),
  ]);
  admin = await createAdmin(product);
  for (const name of ["<b>one</b>", markup, "three"]) await admin.mutate("agents.create", { name });
  const context = await newContext(browser);
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  ({ page } = await newPage(context));
});
afterAll(async () => {
  await browser.close();
  await rm(directory, { recursive: true, force: true });
});

type Verdict = "true" | "false" | "null";

/** Waits for what the page says, in the colour of a verdict, and answers it. */
async function verdictIn(colour: Verdict, text: RegExp): Promise<void> {
  await page.locator(`#verdict[data-ok="${colour}"]`).filter({ hasText: text }).waitFor();
}

const open = (path: string) => page.goto(pathToFileURL(path).href);
const keyField = () => page.getByLabel("The log's keys, from elsewhere");
const witnessField = () => page.getByLabel("Witnesses' keys, from elsewhere");

test("a time range without any time lists nothing and takes nothing else from the page", async () => {
  const [earlier, later, future] = ["2020-01-01", "2020-02-01", "2999-01-01"].map(
    (day) => `${day}T00:00:00.000Z`,
  );
  for (const search of [`from=${later}&to=${earlier}`, `from=${future}`]) {
    await page.goto(`${product.url}/admin/audit?${search}`);
    await page.getByText(/^No chart: the time range does not begin/).waitFor();
    await page.getByText("No entry matches").waitFor();
  }
  await page.getByRole("button", { name: "Clear all filters" }).click();
  await page.getByRole("heading", { name: /entries in the last 30 days$/ }).waitFor();
});

test("the audit log is told and filtered in the reader's time, with UTC on hover", async () => {
  const ahead = 14 * 3_600_000;
  const context = await browser.newContext({
    timezoneId: "Pacific/Kiritimati",
    viewport: { width: 1280, height: 900 },
  });
  await context.addCookies([{ ...admin.cookie, url: product.url }]);
  const { page: there } = await newPage(context);
  await there.goto(`${product.url}/admin/audit`);
  const table = there.getByRole("region", { name: "Audit log" });
  const time = table.locator("time").first();
  const at = (await time.getAttribute("datetime")) ?? "";
  const local = new Date(Date.parse(at) + ahead);
  const day = local.toISOString().slice(0, 10);
  expect(await time.textContent()).toBe(local.toISOString().slice(11, 19));
  expect(await time.getAttribute("title")).toBe(`${at.slice(0, 10)} ${at.slice(11, 19)} UTC`);
  const heading = new Intl.DateTimeFormat("en", { dateStyle: "full", timeZone: "UTC" });
  await table.getByRole("rowheader", { name: heading.format(local) }).waitFor();
  // Short times leave room for the last column.
  const hidden = `(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(
    document.querySelector("section[aria-label='Audit log']"))`;
  expect(await there.evaluate<number>(hidden)).toBe(0);
  await there.getByRole("combobox", { name: "Time range" }).selectOption("custom");
  await there.getByLabel("From", { exact: true }).fill(day);
  await there.getByLabel("To, inclusive").fill(day);
  await there.waitForURL(/from=.*to=/);
  const search = new URL(there.url()).searchParams;
  const bounds = ["from", "to"].map((name) => Date.parse(search.get(name) ?? "") + ahead);
  expect(bounds).toEqual([Date.parse(day), Date.parse(day) + 86_400_000]);
  expect(await there.getByLabel("To, inclusive").inputValue()).toBe(day);
  await table.locator("time").first().waitFor();
  await context.close();
});

test("a long form in a dialog keeps its buttons in sight, and takes to what is wrong", async () => {
  await page.setViewportSize({ width: 375, height: 700 });
  await page.goto(`${product.url}/admin/witnesses`);
  await page.getByRole("button", { name: "Add a place" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Kind").selectOption("bucket");
  const add = dialog.getByRole("button", { name: "Add", exact: true });
  await add.click();
  await dialog.getByText("Required").first().waitFor();
  // The window's height less the button's own.
  expect((await add.boundingBox())?.y).toBeLessThan(700 - 24);
  const focused = await page.evaluate<string>("document.activeElement.type");
  expect(focused).toBe("url");
  await expectAccessible(page, "bucket of checkpoints, narrow");
  await page.setViewportSize({ width: 1280, height: 900 });
});

/** A place outside, under `/hook`, and a witness, under `/witness`, until it falls silent. */
async function startOutside() {
  const { keys, cosign } = createCosigner([Buffer.alloc(32, 9)], "outside.example.org/witness");
  let silent = false;
  const server = createServer(async (request, response) => {
    const body = (await text(request)).split("\n\n").slice(1).join("\n\n");
    if (silent) response.writeHead(503);
    response.end(
      request.url?.startsWith("/witness") ? cosign(parseNote(body).text, new Date()) : "",
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    key: keys.map(formatVerifierKey).join(),
    fallSilent: () => {
      silent = true;
    },
    stop: () => server.close(),
  };
}

test("the page of witnesses says which assurance is in force, and what nothing outside confirms", async () => {
  const outside = await startOutside();
  try {
    await page.goto(`${product.url}/admin/witnesses`);
    const card = page.getByRole("region", { name: "Assurance in force" });
    const says = async (level: string, reach: RegExp) => {
      const both = async () => {
        await page.reload();
        await card.waitFor();
        return [
          await card.getByText(level, { exact: true }).count(),
          await card.getByText(reach).count(),
        ];
      };
      await expect.poll(both, { timeout: 60_000, interval: 500 }).toEqual([1, 1]);
    };
    await says("detecting", /^Nothing outside confirms the log from entry 0 on/);
    await admin.mutate("witnesses.add", { kind: "webhook", target: `${outside.url}/hook` });
    await says(
      "evident",
      /^(All entries are kept outside|Nothing outside confirms the log from entry [1-9])/,
    );
    const { url, key } = outside;
    await admin.mutate("witnesses.add", { kind: "witness", target: `${url}/witness`, key });
    await says("witnessed", /A witness cosigned (all entries|the entries before \d)/);
    outside.fallSilent();
    await admin.mutate("agents.create", { name: "after" });
    await says("witnessed", /^Nothing outside confirms the log from entry [1-9]\d* on/);
    await expectAccessible(page, "witnesses with an assurance");
  } finally {
    outside.stop();
  }
});

test("a bundle is verified from the disk when the server is gone, and one wrong entry is named", async () => {
  await page.goto(`${product.url}/admin/audit`);
  await page.getByText("verified in this browser").waitFor();
  await page.getByRole("button", { name: "Export" }).click();
  await page.getByRole("dialog").waitFor();
  await expectAccessible(page, "export of the audit log");
  const download = page.waitForEvent("download");
  await page.getByRole("dialog").getByRole("button", { name: "Export" }).click();
  const path = join(directory, "evidence.html");
  await (await download).saveAs(path);
  const key = (await (await fetch(`${product.url}/audit/keys`)).text()).trim();
  await product.stop();

  await open(path);
  await verdictIn("null", /^Holds together, under the key in the bundle itself/);
  await expectAccessible(page, "evidence on the disk, without a key");
  await page.getByRole("cell", { name: "<b>one</b>", exact: true }).waitFor();
  await page.getByRole("cell", { name: markup, exact: true }).waitFor();
  expect(await page.title()).toBe("Evidence of an audit log");
  await keyField().fill(key);
  await verdictIn("true", /^Verified: \d+ entries are what was sealed/);
  await expectAccessible(page, "evidence on the disk");
  await keyField().fill(key.replace("+", "x+"));
  await verdictIn("false", /^Not verified/);
  await keyField().fill("nonsense");
  await verdictIn("false", /^Not verified/);

  const text = await readFile(path, "utf8");
  const spoilt = join(directory, "spoilt.html");
  const parts = text.split("agent.created");
  await writeFile(
    spoilt,
    `${parts.slice(0, 3).join("agent.created")}agent.deleted${parts.slice(3).join("agent.created")}`,
  );
  await open(spoilt);
  await verdictIn("false", /^Not verified\. First wrong index: 4\. the entry was changed/);
  await expectAccessible(page, "spoilt evidence on the disk");

  const forged = join(directory, "forged.html");
  const [before, json = "", after] = text.split(
    /(?<=<script id="evidence"[^>]*>)(.*)(?=<\/script>)/,
  );
  const evidence: Evidence = JSON.parse(json);
  const cosigner = createCosigner([Buffer.alloc(32, 9)], "w.example.org/witness");
  const witness = cosigner.keys.map(formatVerifierKey).join();
  const write = (path: string, changed: Evidence) =>
    writeFile(path, `${before}${JSON.stringify(changed).replaceAll("<", "\\u003c")}${after}`);
  const cosigned = (note: string) => note + cosigner.cosign(parseNote(note).text, new Date());
  const { text: signed } = parseNote(evidence.checkpoint);
  const other = createNoteSigner([Buffer.alloc(32, 7)], signed.split("\n")[0] ?? "");
  const forgery = { ...evidence, keys: other.keys.map(formatVerifierKey), witnesses: [witness] };
  forgery.checkpoint = cosigned(other.sign(signed));
  expect(await verifyEvidence(forgery)).toMatchObject({ ok: true });
  await write(forged, forgery);
  await open(forged);
  await verdictIn("null", /^Holds together/);
  await keyField().fill(key);
  await verdictIn("false", /^Not verified\. the checkpoint: no known key signed it/);

  const witnessed = join(directory, "cosigned.html");
  const note = cosigned(evidence.checkpoint);
  await write(witnessed, { ...evidence, checkpoint: note, witnesses: [witness] });
  await open(witnessed);
  await keyField().fill(key);
  await verdictIn("true", /^Verified/);
  expect(await page.getByText("Cosigned by").count()).toBe(0);
  await witnessField().fill(witness);
  await page.getByText("Cosigned by").waitFor();
  await verdictIn("true", /^Verified/);

  // As after a change of the log's key, and with two witnesses, of whom one did not cosign.
  const rotated = [...other.keys.map(formatVerifierKey), key].join("\n");
  await keyField().fill(rotated);
  await verdictIn("true", /^Verified/);
  const absent = createCosigner([Buffer.alloc(32, 8)], "absent.example.org/witness");
  const both = [witness, ...absent.keys.map(formatVerifierKey)];
  await witnessField().fill(both.join("\n"));
  await verdictIn("null", /but absent\.example\.org\/witness did not cosign/);
  expect(await page.getByText("Cosigned by").count()).toBe(1);
  await expectSound(page, "evidence with several keys");
  const all = note + absent.cosign(parseNote(note).text, new Date());
  await write(witnessed, { ...evidence, checkpoint: all });
  await open(witnessed);
  await keyField().fill(rotated);
  await witnessField().fill(`${both.join("\r\n")}\n\n${witness} `);
  await verdictIn("true", /^Verified/);
  expect(await page.getByText("Cosigned by").count()).toBe(2);
  await open(path);
  await keyField().fill(key);
  await witnessField().fill(witness);
  await verdictIn("null", /the witness did not cosign/);
});
