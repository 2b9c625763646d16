/** Takes the README's picture from the running product: `npx tsx e2e/screenshot.ts`. */
import { fileURLToPath } from "node:url";
import { launch, newContext, newPage } from "./browser.ts";
import { createAdmin, startProduct } from "./product.ts";

const sample = fileURLToPath(
  new URL("../packages/log-formats/samples/sshd-sample.log", import.meta.url),
);
const target = fileURLToPath(new URL("../docs/explorer.png", import.meta.url));

async function take() {
  const [product, browser] = await Promise.all([startProduct(), launch()]);
  try {
    const admin = await createAdmin(product);
    const agent = await admin.mutate("agents.create", { name: "sshd on bastion" });
    const { key } = await admin.mutate("apiKeys.create", {
      agentId: agent.id,
      name: "shipper",
      scopes: ["events:write"],
    });
    await product.cli(["send", "--url", product.url, "--format", "sshd", sample], {
      MUNIMENT_API_KEY: key,
    });
    const context = await newContext(browser);
    await context.addCookies([{ ...admin.cookie, url: product.url }]);
    const { page } = await newPage(context);
    const query = encodeURIComponent("type:ssh.login.failed");
    await page.goto(`${product.url}/events?range=all&query=${query}&by=props.address`);
    await page.getByRole("list", { name: "Legend" }).getByText("192.0.2.77").waitFor();
    await page.screenshot({ path: target });
  } finally {
    await browser.close();
    await product.stop();
  }
}

await take();
