/**
 * Pages in headless Chromium, which Playwright drives.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import axe from "npm:axe-core@4.14.1";
import {
  type BrowserContextOptions,
  chromium,
  type Page,
} from "npm:playwright-core@1.65.1";

/** The Chromium of Debian. */
export const CHROMIUM = "/usr/bin/chromium";

/** Size of a window on a desk. */
export const DESKTOP = { width: 1280, height: 960 };

/** Size of the screen of a phone. */
export const PHONE = { width: 390, height: 844 };

/** Ways to look at a page, by name. */
export const VIEWS: Readonly<Record<string, BrowserContextOptions>> = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  phone: { viewport: PHONE, deviceScaleFactor: 2, hasTouch: true },
};

/**
 * Opens a page, and closes the browser at the end.
 *
 * @param options Properties of the browser, such as the size of its window.
 * @param use Uses the page.
 * @throws {AssertionError} If the console showed a warning or an error, or the
 * page threw an exception.
 */
export async function withPage(
  options: BrowserContextOptions,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({ executablePath: CHROMIUM });
  try {
    const page = await browser.newPage({ viewport: DESKTOP, ...options });
    const complaints: string[] = [];
    page.on("console", (message) => {
      const isQuiet = ["log", "info", "debug"].includes(message.type());
      if (!isQuiet) complaints.push(message.text());
    });
    page.on("pageerror", ({ message }) => complaints.push(message));
    await use(page);
    assertEquals(complaints, []);
  } finally {
    await browser.close();
  }
}

/**
 * Checks a page with axe.
 *
 * @param page The page.
 * @throws {AssertionError} If axe finds something that keeps people with
 * disabilities from using the page.
 */
export async function assertAccessible(page: Page): Promise<void> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate<axe.AxeResults>(
    "axe.run()",
  );
  const found = violations.map(({ id, nodes }) =>
    [id, ...nodes.map(({ html }) => html)].join("\n")
  );
  assertEquals(found, []);
  assert(passes.length > 20);
}

/**
 * Measures how wide a page is. If that is more than the screen, people must
 * scroll sideways.
 *
 * @param page The page.
 * @returns The width in pixels.
 */
export async function widthOf(page: Page): Promise<number> {
  return await page.evaluate<number>("document.documentElement.scrollWidth");
}
