/**
 * Peers that list DigitalOcean nodes: the driver, and a hand-written loop over
 * the same pages.
 *
 * @module
 */

import { DigitalOceanNodeDriver } from "../drivers/digitalocean/compute.ts";
import type { Peer } from "./_turns.ts";

/** Token of the simulated account. */
export const TOKEN = "dop_v1_bench";
/** Nodes per page. */
export const PAGE = 200;

/** The fields of a page that the benchmark reads. */
interface PageJson {
  readonly droplets: readonly {
    readonly name: string;
    readonly status: string;
    readonly networks: { readonly v4: readonly { ip_address: string }[] };
  }[];
  readonly links: { readonly pages?: { readonly next?: string } };
}

const clients: Record<string, DigitalOceanNodeDriver> = {};

function client(baseUrl: string): DigitalOceanNodeDriver {
  return clients[baseUrl] ??= new DigitalOceanNodeDriver({
    token: TOKEN,
    baseUrl,
  });
}

async function* loopPages(url: string): AsyncGenerator<PageJson["droplets"]> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  for (let page = 1;; page++) {
    const query = `page=${page}&per_page=${PAGE}`;
    const response = await fetch(`${url}/v2/droplets?${query}`, { headers });
    const { droplets, links }: PageJson = await response.json();
    yield droplets;
    if (!links.pages?.next) return;
  }
}

/** Each lists nodes: all at once, or one after the other. */
export const DIGITALOCEAN_PEERS: Readonly<Record<string, Peer>> = {
  async loopAll(url) {
    const all: PageJson["droplets"][number][] = [];
    for await (const droplets of loopPages(url)) all.push(...droplets);
    let read = 0;
    for (const { name, status, networks } of all) {
      read += name.length + status.length +
        (networks.v4[0]?.ip_address.length ?? 0);
    }
    return read > 0 ? all.length : 0;
  },
  async nephosAll(url) {
    const all = await client(url).listNodes();
    let read = 0;
    for (const { name, state, publicIps } of all) {
      read += name.length + state.length + (publicIps[0]?.length ?? 0);
    }
    return read > 0 ? all.length : 0;
  },
  async nephosConcurrent(url) {
    return (await client(url).listNodes({ concurrency: 8 })).length;
  },
  async nephosSequential(url) {
    return (await client(url).listNodes({ concurrency: 1 })).length;
  },
  async loopEach(url) {
    let count = 0;
    for await (const droplets of loopPages(url)) {
      for (const { name } of droplets) if (name) count++;
    }
    return count;
  },
  async nephosEach(url) {
    let count = 0;
    for await (const { name } of client(url).listNodes()) if (name) count++;
    return count;
  },
};
