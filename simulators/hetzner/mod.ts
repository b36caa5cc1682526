/**
 * Simulator of Hetzner Cloud: a project in memory, behind a `fetch` function.
 *
 * It has servers, SSH keys, images, volumes, placement groups, networks,
 * firewalls, primary and floating IPs, DNS zones with their record sets, and a
 * selection of server types and public images. It has no ISOs, automatic backups, routes, alias IPs and reverse DNS,
 * and firewalls are for single servers only. Paths, fields and states follow Hetzner's OpenAPI description;
 * firewalls, which it lacks, follow Hetzner's Python client. Where these leave
 * details open, the simulator behaves as follows:
 *
 * - Unknown fields are ignored.
 * - An unknown id in a body gets 404, and an unknown name `invalid_input`.
 *   Refusals because of the state of a resource have the status 422.
 * - During an action all of its resources are locked, also for their deletion.
 * - A power action succeeds in every state. A server that is being rebooted is
 *   "running".
 * - If a create fails, the server stays and is "off", while a volume or an image
 *   is gone. If another action fails, everything is as before.
 * - A deleted server is "deleting" until its action has ended.
 * - During an action on a zone or on one of its record sets, the zone is locked.
 *   Records are visible when the action has ended.
 * - Names of zones have two labels. The list of zones does not lag.
 *
 * @module
 */

import { Account } from "./_account.ts";
import { floatingIpKind, primaryIpKind } from "./_addresses.ts";
import { DATACENTERS, LOCATIONS, PRICING, SERVER_TYPES } from "./_catalog.ts";
import {
  allActionRoutes,
  catalogRoutes,
  type Kind,
  routesOf,
} from "./_collections.ts";
import { firewallKind, groupKind, networkKind } from "./_networks.ts";
import type { Resource } from "./_records.ts";
import { errorResponse } from "./_requests.ts";
import { seed, seedZone } from "./_seed.ts";
import { serverKind } from "./_servers.ts";
import { imageKind, keyKind, volumeKind } from "./_storage.ts";
import { zoneRoutes } from "./_zones.ts";
import {
  COMMON_OPTIONS,
  type CommonOptions,
  count,
  type Inventory,
  jsonResponse,
  readBearerToken,
  readOptions,
  Refusal,
  type Routes,
  serveRoutes,
  text,
  toInventory,
  toItems,
  TokenBucket,
} from "../kit/mod.ts";

export type {
  CommonOptions,
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/**
 * Options of {@linkcode HetznerSimulator}; times are in milliseconds. With nodes
 * at the start there is also one resource of each kind, and two volumes. No
 * report shows that the service hides new resources, or that lists lag.
 */
export interface HetznerSimulatorOptions extends CommonOptions {
  /**
   * API token that requests must have.
   *
   * @default {"token"}
   */
  readonly token?: string | undefined;
  /**
   * Number of DNS zones at the start: `zone-1.example`, `zone-2.example` and so
   * on. Each has a SOA record, NS records, and a few others.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one. Clients
   * can request up to 100 record sets, and up to 50 items of other lists.
   *
   * @default {100}
   */
  readonly largestPage?: number | undefined;
  /**
   * Number of servers that the project can have.
   *
   * @default {Infinity}
   */
  readonly serverLimit?: number | undefined;
  /**
   * Number of requests that are allowed at once. One more is allowed after each
   * second.
   *
   * @default {3600}
   */
  readonly requests?: number | undefined;
}

const OPTIONS = {
  ...COMMON_OPTIONS,
  token: text("token"),
  zones: count(0),
  largestPage: count(100, 1),
  serverLimit: count(Infinity),
  requests: count(3600, 1),
};

/**
 * A simulated project of Hetzner Cloud, kept in memory.
 *
 * Pass {@linkcode HetznerSimulator.fetch} to a driver to test without a network,
 * or to an HTTP server to serve any other client below `/v1`. Time comes only
 * from the option `now`: no timers run in the background, so there is nothing to
 * close.
 *
 * @example Testing a script in process
 * ```ts
 * import { HetznerNodeDriver } from "@nephos/nephos/drivers/hetzner";
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * const { credentials, fetch } = new HetznerSimulator({ nodes: 3 });
 * const cloud = new HetznerNodeDriver({ ...credentials, fetch });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 3
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * function serve(): void {
 *   Deno.serve({ port: 8080 }, new HetznerSimulator({ nodes: 3 }).fetch);
 * }
 * ```
 */
export class HetznerSimulator {
  /**
   * Options that switch on every delay that the service has or may have. The
   * times are short, for tests.
   */
  static readonly realistic: HetznerSimulatorOptions = {
    hiddenMs: 20,
    listLagMs: 40,
    addressMs: 20,
    busyMs: 40,
  };

  /**
   * Handles one request. The function is bound, so you can pass it on as it is.
   * It rejects only if the signal of the request is aborted.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** API token to pass to a driver. */
  readonly credentials: { readonly token: string };

  readonly #account: Account;

  /**
   * Creates a project.
   *
   * @param options Initial contents and timing of the simulated project.
   * @throws {TypeError} If an option is unknown or has the wrong type.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(options: HetznerSimulatorOptions = {}) {
    const settings = readOptions("HetznerSimulator", options, OPTIONS);
    const { token, nodes, zones, requests, now } = settings;
    const account = new Account(settings);
    const bucket = new TokenBucket(requests, 1000, now);
    const kinds = {
      servers: serverKind(account),
      images: imageKind(account),
      ssh_keys: keyKind(account),
      volumes: volumeKind(account),
      placement_groups: groupKind(account),
      networks: networkKind(account),
      firewalls: firewallKind(account),
      primary_ips: primaryIpKind(account),
      floating_ips: floatingIpKind(account),
    };
    if (nodes > 0) seed(account, kinds, nodes);
    for (let number = 1; number <= zones; number++) {
      seedZone(account, `zone-${number}.example`);
    }
    account.start(settings);
    this.credentials = { token };
    this.#account = account;
    this.fetch = serveRoutes({
      timeline: account.timeline,
      before(request) {
        if (!bucket.take()) throw new Refusal(429, "limit of requests reached");
        if (readBearerToken(request) === token) return;
        throw new Refusal(401, "unable to authenticate");
      },
      after(headers) {
        headers.set("RateLimit-Limit", `${bucket.limit}`);
        headers.set("RateLimit-Remaining", `${bucket.remaining}`);
        headers.set("RateLimit-Reset", `${Math.ceil(bucket.resetAt / 1000)}`);
      },
      error: errorResponse,
      routes: routesFor(account, Object.values(kinds)),
    });
  }

  /**
   * Lists the resources that exist now, for assertions in tests. There are no
   * snapshots, because Hetzner has none of volumes.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    const { timeline, servers, volumes, images, ssh_keys } = this.#account;
    timeline.advance();
    return toInventory({
      nodes: toItems(
        servers.all,
        ({ name }) => name,
        ({ status }) => status === "deleting",
      ),
      volumes: toItems(volumes.all),
      images: toItems(
        images.all.filter(({ type }) => type !== "system")
          .map(({ id, description: name }) => ({ id, name })),
      ),
      keyPairs: toItems(ssh_keys.all),
    });
  }
}

function routesFor(account: Account, kinds: readonly object[]): Routes {
  const datacenters = { recommendation: DATACENTERS[0]!.id };
  const routes: Routes = {
    ...allActionRoutes(account),
    ...catalogRoutes(account, "/locations", LOCATIONS),
    ...catalogRoutes(account, "/datacenters", DATACENTERS, datacenters),
    ...catalogRoutes(account, "/server_types", SERVER_TYPES),
    "GET /pricing": () => jsonResponse(200, { pricing: PRICING }),
    ...zoneRoutes(account),
    ...Object.assign(
      {},
      ...kinds.map((it) => routesOf(account, it as Kind<Resource>)),
    ),
  };
  return Object.fromEntries(
    Object.entries(routes)
      .map(([route, handler]) => [route.replace(" ", " /v1"), handler]),
  );
}
