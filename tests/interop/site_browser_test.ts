/**
 * The website of the documentation in a real browser: headless Chromium, which
 * Playwright drives. The screenshots are in `.out/screenshots/`.
 *
 * @module
 */

import { assert, assertLessOrEqual, assertMatch } from "@std/assert";
import type { Page } from "npm:playwright-core@1.65.1";
import { path } from "../../tools/deno.ts";
import { buildSite } from "../../tools/site.ts";
import {
  assertAccessible,
  CHROMIUM,
  DESKTOP,
  VIEWS,
  widthOf,
  withPage,
} from "../_support/browser.ts";
import { needs } from "../_support/needs.ts";
import { serve } from "../_support/serve.ts";

const SCREENSHOTS = path(".out/screenshots");

/** Pages of each kind, by the names of their screenshots. */
const PAGES = {
  home: "index.html",
  guide: "docs/creating.html",
  provider: "docs/providers/hetzner.html",
  reference: "api/index.html",
  symbol: "api/core/compute/mod.ts/~/NodeDriver.html",
};

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
};

/** Reads a file of the site, as a host of static files does. */
async function respond(folder: string, request: Request): Promise<Response> {
  const pathname = decodeURIComponent(new URL(request.url).pathname);
  const file = pathname.replace(/\/$/, "/index.html");
  const type = TYPES[file.slice(file.lastIndexOf(".") + 1)];
  try {
    const body = await Deno.readFile(folder + file);
    return new Response(body, {
      headers: type ? { "content-type": type } : {},
    });
  } catch {
    return new Response(null, { status: 404 });
  }
}

/** Searches the site, and waits for the pages that are found. */
async function search(page: Page, text: string): Promise<string[]> {
  await page.getByPlaceholder("Search").fill(text);
  const links = page.locator(".pagefind-ui__result-link");
  await links.first().waitFor();
  const found = await links.evaluateAll((links) =>
    links.map((link) =>
      (link as unknown as { pathname: string }).pathname.slice(1)
    )
  );
  // A page has a link for each of its sections, too.
  return [...new Set(found)];
}

const definition = needs("the website works in a browser", {
  commands: [CHROMIUM],
});

Deno.test({
  ...definition,
  async fn(t) {
    await Deno.mkdir(path(".out"), { recursive: true });
    const folder = await Deno.makeTempDir({ dir: path(".out") });
    try {
      await buildSite({ out: folder });
      await using server = serve((request) => respond(folder, request));
      for (const [view, options] of Object.entries(VIEWS)) {
        await t.step(
          `all kinds of pages fit the screen (${view})`,
          () =>
            withPage(options, async (page) => {
              await replaceBadges(page);
              for (const [name, url] of Object.entries(PAGES)) {
                await page.goto(`${server.url}/${url}`);
                const { width } = options.viewport ?? DESKTOP;
                assertLessOrEqual(await widthOf(page), width, url);
                // The style of the reference is that of Deno.
                if (name !== "symbol") await assertAccessible(page);
                await take(page, `site_${name}_${view}`);
              }
            }),
        );
        await t.step(
          `the search finds waitUntilRunning (${view})`,
          () =>
            withPage(options, async (page) => {
              await page.goto(`${server.url}/docs/index.html`);
              const found = await search(page, "waitUntilRunning");
              const first = found.slice(0, 5);
              assert(first.includes("docs/creating.html"), first.join("\n"));
              assert(
                first.includes(
                  "api/mod.ts/~/NodeDriver.prototype.waitUntilRunning.html",
                ),
                first.join("\n"),
              );
              const { width } = options.viewport ?? DESKTOP;
              assertLessOrEqual(await widthOf(page), width);
              await assertAccessible(page);
              await take(page, `site_search_${view}`);
              await page.locator(".pagefind-ui__result-link").first().click();
              await page.waitForURL(`**/${found[0]}*`);
            }),
        );
      }
      await t.step(
        "three clicks lead from any page to a first list",
        () =>
          withPage({}, async (page) => {
            await replaceBadges(page);
            await page.goto(`${server.url}/docs/fleet.html`);
            await page.getByRole("link", { name: "nephos", exact: true })
              .click();
            await page.waitForURL("**/index.html");
            const main = page.locator("main");
            // There is one for servers, and one for DNS.
            await main.getByRole("link", { name: "Hetzner Cloud" }).first()
              .click();
            await page.waitForURL("**/docs/providers/hetzner.html");
            await main.getByRole("link", { name: "First list" }).click();
            await page.waitForURL("**#first-list");
            const block = page.locator("#first-list ~ pre").first();
            assertMatch(await block.innerText(), /await cloud\.listNodes\(\)/);
            const { y = -1 } = await block.boundingBox() ?? {};
            assert(0 <= y && y < DESKTOP.height, `y is ${y}`);
          }),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

/** Badges come from other hosts, which tests do not reach. */
async function replaceBadges(page: Page): Promise<void> {
  await page.route(/^https:/, (route) =>
    route.fulfill({
      contentType: "image/svg+xml",
      body: '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"/>',
    }));
}

async function take(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
}
