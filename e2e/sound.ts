import { join } from "node:path";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { expectAccessible } from "./browser.ts";

const isStill =
  "document.getAnimations().every(({ playState, effect }) => playState !== 'running' || effect.getTiming().iterations === Infinity)";

/**
 * The page narrow and dark, then wide and light: accessible, and never wider than the window. A
 * picture of each goes into the folder that `SCREENSHOTS` names, where it is set.
 */
export async function expectSound(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [375, "dark"],
    [1280, "light"],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    // The page follows in an event of its own. Colours then change in a tenth of a second, in which
    // nothing has the contrast that it will have.
    const follows = `[undefined, '${colorScheme}'].includes(document.documentElement.dataset.theme)`;
    await expect.poll(() => page.evaluate<boolean>(follows)).toBe(true);
    await expect.poll(() => page.evaluate<boolean>(isStill)).toBe(true);
    await expectAccessible(page, `${name}, ${width} px, ${colorScheme}`);
    const wide = await page.evaluate<number>("document.documentElement.scrollWidth");
    expect(wide, `${name} at ${width} px`).toBeLessThanOrEqual(width);
    const folder = process.env.SCREENSHOTS;
    if (folder)
      await page.screenshot({ path: join(folder, `${name} ${width}.png`), fullPage: true });
  }
}
