/**
 * The fleet page in a real browser: headless Chromium, which Playwright drives.
 * axe-core checks that people with disabilities can use it. The screenshots are
 * in `.out/screenshots/`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertLessOrEqual,
  assertMatch,
} from "@std/assert";
import type { BrowserContextOptions, Page } from "npm:playwright-core@1.65.1";
import { makeWorker, type Worker } from "../../fleet_page/mod.ts";
import type { Fetch } from "../../core/mod.ts";
import type { NodeDriver } from "../../core/compute/mod.ts";
import { DigitalOceanNodeDriver } from "../../drivers/digitalocean/compute.ts";
import { LinodeNodeDriver } from "../../drivers/linode/compute.ts";
import { DigitalOceanSimulator } from "../../simulators/digitalocean/mod.ts";
import { LinodeSimulator } from "../../simulators/linode/mod.ts";
import { path } from "../../tools/deno.ts";
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

/** A page in a browser. */
interface Visit {
  readonly page: Page;
  /** Waits until an element has a text. */
  waitForText(selector: string, text: string): Promise<void>;
  /** Writes a screenshot of the part that is visible. */
  take(name: string): Promise<void>;
}

/** Opens the page of a Worker, and closes everything at the end. */
async function visit(
  { worker, env = {}, search = "", ...options }: BrowserContextOptions & {
    readonly worker: Worker;
    readonly env?: object;
    readonly search?: string;
  },
  use: (visit: Visit) => Promise<void>,
): Promise<void> {
  await using server = serve((request) => worker.fetch(request, env));
  await withPage(options, async (page) => {
    await page.goto(`${server.url}/${search}`);
    await use({
      page,
      waitForText: (selector, text) =>
        page.locator(selector, { hasText: text }).first().waitFor(),
      take: async (name) => {
        await page.screenshot({ path: `${SCREENSHOTS}/${name}.png` });
      },
    });
  });
}

/** The texts of all elements that a selector finds. */
async function textsOf(page: Page, selector: string): Promise<string[]> {
  const texts = await page.locator(selector).allInnerTexts();
  return texts.map((text) => text.replaceAll(/\s+/g, " ").trim());
}

/** A fleet with a DigitalOcean account, and one of Linode with another fetch. */
function fleetWith(fetch: (own: Fetch) => Fetch, token?: string): Worker {
  const one = new DigitalOceanSimulator({ nodes: 3 });
  const two = new LinodeSimulator({ nodes: 2 });
  return makeWorker(() => {
    const drivers: Record<string, NodeDriver> = {
      "shop-digitalocean": new DigitalOceanNodeDriver({
        ...one.credentials,
        fetch: one.fetch,
      }),
      "old-linode": new LinodeNodeDriver({
        ...two.credentials,
        ...token && { token },
        fetch: fetch(two.fetch),
      }),
    };
    return Promise.resolve({ drivers, isSimulated: true });
  });
}

const test = (name: string, fn: () => Promise<void>) =>
  Deno.test({ ...needs(name, { commands: [CHROMIUM] }), fn });

for (const [name, options] of Object.entries(VIEWS)) {
  test(`the fleet page shows three simulated providers (${name}), and axe finds no fault`, async () => {
    const worker = makeWorker();
    await visit({ worker, ...options }, async (visit) => {
      const { page, waitForText, take } = visit;
      await waitForText("#progress", "Complete: 40 nodes of 3 accounts");
      await waitForText("#totals", "Price unknown");
      assertEquals(await textsOf(page, "#accounts li"), [
        "shop-digitalocean DigitalOcean · 17 nodes",
        "tools-hetzner Hetzner Cloud · 14 nodes",
        "lab-openstack OpenStack · 9 nodes",
      ]);
      assertEquals(await page.locator("#rows tr").count(), 40);
      assertEquals(await textsOf(page, "#totals dd"), [
        "40",
        "37",
        "€119.95",
        "$558.00",
        "9 nodes",
      ]);
      assert(await page.locator("#simulated").isVisible());
      await assertAccessible(page);
      await take(name);
      // Nothing is wider than the screen.
      const { width } = options.viewport ?? DESKTOP;
      assertLessOrEqual(await widthOf(page), width);
      await page.locator("#nodes-title").scrollIntoViewIfNeeded();
      await page.locator("#rows tr").nth(8).scrollIntoViewIfNeeded();
      await take(`${name}_nodes`);
    });
  });
}

test("the fleet page draws a bar for each provider and location", async () => {
  await visit({ worker: makeWorker() }, async ({ page, waitForText }) => {
    await waitForText("#costs", "OpenStack");
    assertEquals(await textsOf(page, "#costs caption"), [
      "By provider and location, in EUR",
      "By provider and location, in USD",
      "Price unknown",
    ]);
    assertEquals(await textsOf(page, "#costs tr"), [
      "fsn1 Hetzner Cloud €99.60",
      "nbg1 Hetzner Cloud €11.37",
      "ash Hetzner Cloud €8.98",
      "fra1 DigitalOcean $270.00",
      "nyc3 DigitalOcean $264.00",
      "sgp1 DigitalOcean $24.00",
      "OpenStack 9 nodes",
    ]);
    const widths = await page.locator("#costs .bar").evaluateAll((bars) =>
      bars.map((bar) =>
        (bar as unknown as { style: { inlineSize: string } })
          .style.inlineSize
      )
    );
    assertEquals(widths.map((it) => Math.round(parseFloat(it))), [
      100,
      11,
      9,
      100,
      98,
      9,
    ]);
  });
});

test("the fleet page filters, searches and sorts, and tells a screen reader how many nodes match", async () => {
  await visit({ worker: makeWorker() }, async ({ page, waitForText }) => {
    await waitForText("#progress", "Complete");
    await page.getByLabel("Provider").selectOption({ label: "Hetzner Cloud" });
    assertEquals(await page.locator("#rows tr").count(), 14);
    assertEquals(await textsOf(page, "#costs caption"), [
      "By provider and location, in EUR",
    ]);
    assertEquals(await textsOf(page, "[role=status]"), ["14 of 40 nodes"]);
    await page.getByLabel("Search").fill("role=web nbg");
    assertEquals(await page.locator("#rows tr").count(), 1);
    assertMatch((await textsOf(page, "#rows tr"))[0]!, /No node matches/);
    await page.getByLabel("Search").fill("role=WEB cx22");
    assertEquals(await page.locator("#rows tr").count(), 3);
    await page.getByRole("button", { name: "Clear filters" }).click();
    await waitForText("#shown", "40 of 40 nodes");
    await page.getByLabel("State").selectOption("stopped");
    assertEquals(await page.locator("#rows tr").count(), 3);
    // By keyboard.
    await page.getByRole("button", { name: "Per month" }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    const sorted = page.locator("[aria-sort=descending]");
    assertMatch(await sorted.innerText(), /Per month/);
    assertEquals(await textsOf(page, "#rows .number"), [
      "$12.00",
      "€4.49",
      "unknown",
    ]);
  });
});

test("the fleet page can be used by keyboard alone", async () => {
  await visit({ worker: makeWorker() }, async ({ page, waitForText }) => {
    await waitForText("#progress", "Complete");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    const reached: (string | null)[] = [];
    for (let count = 0; count < 7; count++) {
      await page.keyboard.press("Tab");
      reached.push(
        await page.evaluate<string | null>(
          "document.activeElement.id || document.activeElement.innerText",
        ),
      );
    }
    assertEquals(reached, [
      "search",
      "provider",
      "account",
      "state",
      "location",
      "Clear filters",
      // The table, which can be scrolled.
      "table-frame",
    ]);
  });
});

test("the fleet page shows an account that fails beside the nodes of the others", async () => {
  const worker = fleetWith((own) => own, "expired");
  await visit({ worker }, async ({ page, waitForText, take }) => {
    await waitForText("#progress", "Incomplete: 3 nodes of 2 accounts");
    const [failed, good] = await textsOf(page, "#accounts li");
    assertMatch(
      failed!,
      /^old-linode .+ · failed Linode refused: "Invalid Token" .401/,
    );
    assertEquals(good, "shop-digitalocean DigitalOcean · 3 nodes");
    await waitForText("#failures", "1 account failed");
    assertEquals(await page.locator("#rows tr").count(), 3);
    await assertAccessible(page);
    await take("failed");
  });
});

test("the fleet page counts nodes apart if their prices cannot be loaded", async () => {
  const worker = fleetWith((own) => async (request) =>
    request.url.includes("/linode/types")
      ? Response.json({ errors: [{ reason: "No" }] }, { status: 403 })
      : await own(request)
  );
  await visit({ worker }, async ({ page, waitForText }) => {
    await waitForText("#accounts", "prices could not be loaded");
    assertEquals(await textsOf(page, "#accounts .about"), [
      "DigitalOcean · 3 nodes",
      "Linode · 2 nodes, prices could not be loaded",
    ]);
    assertEquals(await textsOf(page, "#totals dd"), [
      "5",
      "5",
      "$36.00",
      "2 nodes",
    ]);
  });
});

test("the fleet page shows nodes while another account has not responded yet", async () => {
  const released = Promise.withResolvers<void>();
  const worker = fleetWith((own) => async (request) => {
    await released.promise;
    return await own(request);
  });
  await visit({ worker }, async ({ page, waitForText, take }) => {
    await waitForText("#progress", "Loading: 3 nodes, 1 of 2 accounts");
    assertEquals(await page.locator("#rows tr").count(), 3);
    await assertAccessible(page);
    await take("loading");
    released.resolve();
    await waitForText("#progress", "Complete: 5 nodes of 2 accounts");
  });
});

test("the fleet page links to the next part if the requests are used up", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({
    nodes: 5,
    largestPage: 2,
  });
  const worker = makeWorker(() =>
    Promise.resolve({
      drivers: {
        shop: new DigitalOceanNodeDriver({ ...credentials, fetch }),
      },
      isSimulated: true,
    })
  );
  const env = { SUBREQUESTS: "2" };
  let search = "";
  await visit({ worker, env }, async ({ page, waitForText, take }) => {
    await waitForText("#progress", "Incomplete: 4 nodes of 1 account");
    const link = page.getByRole("link", { name: "Load the next part" });
    search = (await link.getAttribute("href"))!.slice(1);
    await assertAccessible(page);
    await take("cut");
    await link.click();
    await waitForText("#progress", "Complete: 5 nodes of 1 account");
    assert(await link.isHidden());
  });
  // The same link in a tab of its own.
  await visit({ worker, env, search }, async ({ page, waitForText }) => {
    await waitForText("#progress", "Rest of the list: 1 node");
    await waitForText("#part", "Show the whole list");
    assertEquals(await page.locator("#rows tr").count(), 1);
  });
});

test("the fleet page shows HTML from a provider as text", async () => {
  const html = "<img src=x onerror=document.title=1>";
  const worker = fleetWith((own) => async (request) => {
    const response = await own(request);
    const text = (await response.text()).replaceAll(
      /"(label|region|type)":\s*"[^"]*"/g,
      (_, key) => `"${key}": "${html}"`,
    );
    return new Response(text, response);
  });
  await visit({ worker }, async ({ page, waitForText }) => {
    await waitForText("#progress", "Complete: 5 nodes of 2 accounts");
    await waitForText("#rows th", html);
    assertEquals(await page.locator("img").count(), 0);
    assertEquals(await page.title(), "Fleet");
  });
});

test("the fleet page works behind its password", async () => {
  const { credentials, fetch } = new DigitalOceanSimulator({ nodes: 2 });
  const worker = makeWorker(() =>
    Promise.resolve({
      drivers: { shop: new DigitalOceanNodeDriver({ ...credentials, fetch }) },
    })
  );
  const env = { PAGE_PASSWORD: "pä55" };
  const httpCredentials = { username: "", password: "pä55" };
  await visit({ worker, env, httpCredentials }, async (visit) => {
    const { page, waitForText } = visit;
    await waitForText("#progress", "Complete: 2 nodes of 1 account");
    const source = await page.content();
    for (const secret of [env.PAGE_PASSWORD, credentials.token]) {
      assert(!source.includes(secret));
    }
  });
});
