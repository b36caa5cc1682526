/**
 * Simulator of Linode: an in-memory account behind a `fetch` function.
 *
 * It implements version 4 of the API. Nodes are provisioned, boot, reboot,
 * stop, are resized, rebuilt and deleted. The account also has disks, volumes,
 * images, SSH keys, backups, tags and events, domains with their DNS records, and
 * a selection of regions, types and StackScripts. Paths, fields, states and limits follow Linode's OpenAPI
 * description. Where the description leaves details open, the simulator
 * behaves as follows:
 *
 * - An invalid request gets 400, with the name of the `field` if there is one.
 *   During an operation on a node, any other except its deletion gets 400 and
 *   "Linode busy.".
 * - After an operation, a node stays busy for some milliseconds. Set `busyMs` to 0
 *   if a test needs immediate changes.
 * - New resources that are still hidden get 404 and are not listed. Their
 *   events are visible.
 * - If an operation fails, its event has the status "failed". A node that cannot
 *   be created, booted or rebuilt is "offline", and otherwise as before. A failed
 *   image is gone, and a failed volume stays "creating".
 * - A node that is being resized is "migrating", because the description has no
 *   state "resizing".
 * - A page after the last one is empty.
 * - An unknown image, type or region in a body gets 400. So does a filter that
 *   is not JSON or that uses a field that the list cannot be filtered by.
 * - There is one firewall, with the id 123. In `interfaces`, only `purpose` is
 *   checked.
 * - A TTL that Linode does not have becomes the nearest one. Names and targets of
 *   DNS records have no final dot. The list of domains does not lag, and no domain
 *   can be imported from another server.
 * - By default the rate limit is too high to be reached in a test.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { Account } from "./_account.ts";
import { backupRoutes } from "./_backups.ts";
import { catalogRoutes } from "./_catalog_routes.ts";
import { domainRoutes } from "./_domains.ts";
import { eventRoutes } from "./_events.ts";
import { imageRoutes } from "./_images.ts";
import { instanceRoutes } from "./_instances.ts";
import { keyRoutes } from "./_keys.ts";
import { errorResponse, hasCredentials } from "./_requests.ts";
import { seed, seedDomain } from "./_seed.ts";
import { tagRoutes } from "./_tags.ts";
import { volumeRoutes } from "./_volumes.ts";
import {
  callback,
  count,
  duration,
  type Fails,
  FixedWindow,
  type Inventory,
  readBearerToken,
  readOptions,
  Refusal,
  retryAfter,
  type Routes,
  serveRoutes,
  text,
  toInventory,
  toItems,
} from "../kit/mod.ts";

export type {
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/** Options of {@linkcode LinodeSimulator}; times are in milliseconds. */
export interface LinodeSimulatorOptions {
  /**
   * API token that requests must have.
   *
   * @default {"token"}
   */
  readonly token?: string | undefined;
  /**
   * Number of running nodes at the start. If there are any, the account also
   * has a key, two volumes, a private image and a backup. The first volume is
   * attached to the first node; image and backup are of the first node, too.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Number of domains at the start: `zone-1.example`, `zone-2.example` and so on.
   * Each has a few records.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {500}
   */
  readonly largestPage?: number | undefined;
  /**
   * Time from the response to a create request until the node starts to boot.
   *
   * @default {20}
   */
  readonly provisionMs?: number | undefined;
  /**
   * Time from the start of a boot until the node is running.
   *
   * @default {30}
   */
  readonly bootMs?: number | undefined;
  /**
   * Time from the response to any other operation until it is finished.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * Time from the response to a delete request until the node is gone.
   *
   * @default {0}
   */
  readonly destroyMs?: number | undefined;
  /**
   * How long a new node, volume or image is unknown: requests for it get 404,
   * and it is not listed. No report shows that the service does so.
   *
   * @default {0}
   */
  readonly hiddenMs?: number | undefined;
  /**
   * How far lists lag behind: a new item is missing, a deleted one is still
   * there, a status is old. A request for a single resource is up to date. No
   * report shows that lists of the service lag.
   *
   * @default {0}
   */
  readonly listLagMs?: number | undefined;
  /**
   * How long a node or a volume still refuses changes after an operation has
   * ended: "Linode busy." If this is more than 0, a node also refuses to be
   * deleted during an operation and this time. At the service this takes
   * seconds.
   *
   * @see {@link https://github.com/linode/linode_api4-python/issues/110 | Report of a busy node}
   *
   * @default {15}
   */
  readonly busyMs?: number | undefined;
  /**
   * Decides which operations fail; it is called at the start of each. `name` is
   * the action of the event, such as `"linode_boot"`.
   *
   * @default {() => false}
   */
  readonly fails?: Fails | undefined;
  /**
   * Rate limit per `windowMs`; further requests get 429.
   *
   * @default {1000000}
   */
  readonly requests?: number | undefined;
  /**
   * Period of the rate limit.
   *
   * @default {120000}
   */
  readonly windowMs?: number | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

const OPTIONS = {
  token: text("token"),
  nodes: count(0),
  zones: count(0),
  largestPage: count(500, 1),
  provisionMs: duration(20),
  bootMs: duration(30),
  actionMs: duration(20),
  destroyMs: duration(0),
  hiddenMs: duration(0),
  listLagMs: duration(0),
  busyMs: duration(15),
  fails: callback<Fails>(() => false),
  requests: count(1_000_000, 1),
  windowMs: duration(120_000),
  now: callback(() => Date.now()),
};

/** Paths of lists that need no token. */
const PUBLIC_PATH =
  /^\/v4(?:beta)?\/(?:regions|images|linode\/(?:types|stackscripts))(?:\/|$)/;

/**
 * A simulated Linode account, kept in memory.
 *
 * Pass {@linkcode LinodeSimulator.fetch} to a driver to test without a network,
 * or to an HTTP server to serve any other client below `/v4`. Time comes only
 * from the option `now`: no timers run in the background, so there is nothing
 * to close.
 *
 * @example Testing a script in process
 * ```ts
 * import { LinodeNodeDriver } from "@nephos/nephos/drivers/linode";
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * const { credentials, fetch } = new LinodeSimulator({ nodes: 3 });
 * const cloud = new LinodeNodeDriver({ ...credentials, fetch });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 3
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { LinodeSimulator } from "@nephos/nephos/simulators/linode";
 *
 * function serve(): void {
 *   Deno.serve({ port: 8080 }, new LinodeSimulator({ nodes: 3 }).fetch);
 * }
 * ```
 */
export class LinodeSimulator {
  /**
   * Options that switch on every delay that the service has or may have. The
   * times are short, for tests.
   */
  static readonly realistic: LinodeSimulatorOptions = {
    hiddenMs: 20,
    listLagMs: 40,
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
  readonly #rateLimit: FixedWindow;

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If an option is unknown, or if `fails` or `now` is not a
   * function.
   * @throws {RangeError} If a number is negative or not finite, or if `nodes`,
   * `largestPage` or `requests` is not an integer in range.
   */
  constructor(options: LinodeSimulatorOptions = {}) {
    const settings = readOptions("LinodeSimulator", options, OPTIONS);
    const { token, nodes, zones, requests, windowMs, now } = settings;
    this.credentials = { token };
    this.#rateLimit = new FixedWindow(requests, windowMs, now);
    const account = new Account(settings);
    if (nodes > 0) seed(account, nodes);
    for (let number = 1; number <= zones; number++) {
      seedDomain(account, `zone-${number}.example`);
    }
    account.timeline.start();
    this.#account = account;
    this.fetch = serveRoutes({
      timeline: account.timeline,
      before: (request) => {
        this.#countRequest(now());
        this.#authenticate(request);
      },
      after: (headers) => this.#addHeaders(headers),
      error: errorResponse,
      routes: routesOf(account),
    });
  }

  /**
   * Lists the resources that exist now, for assertions in tests. There are no
   * snapshots, because Linode has none of volumes.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    const account = this.#account;
    account.timeline.advance();
    const labelOf = ({ label }: { readonly label: string }) => label;
    const images = account.images.all.filter((it) => !it.isPublic);
    return toInventory({
      nodes: toItems(
        account.linodes.all,
        labelOf,
        ({ status }) => status === "deleting",
      ),
      volumes: toItems(account.volumes.all, labelOf),
      images: toItems(images, labelOf),
      keyPairs: toItems(account.keys.all, labelOf),
    });
  }

  /** Counts a request, or refuses it if the rate limit is exceeded. */
  #countRequest(now: number): void {
    if (this.#rateLimit.take()) return;
    throw new Refusal(STATUS_CODE.TooManyRequests, "Too many requests", {
      headers: { "Retry-After": retryAfter(this.#rateLimit, now) },
    });
  }

  #authenticate(request: Request): void {
    const { pathname } = new URL(request.url);
    const isAllowed = hasCredentials(request)
      ? readBearerToken(request) === this.credentials.token
      : request.method === "GET" && PUBLIC_PATH.test(pathname);
    if (isAllowed) return;
    throw new Refusal(STATUS_CODE.Unauthorized, "Invalid Token");
  }

  #addHeaders(headers: Headers): void {
    const { limit, remaining, resetAt } = this.#rateLimit;
    headers.set("X-RateLimit-Limit", `${limit}`);
    headers.set("X-RateLimit-Remaining", `${remaining}`);
    headers.set("X-RateLimit-Reset", `${Math.ceil(resetAt / 1000)}`);
  }
}

function routesOf(account: Account): Routes {
  const routes: Routes = {
    ...catalogRoutes(account),
    ...eventRoutes(account),
    ...tagRoutes(account),
    ...imageRoutes(account),
    ...keyRoutes(account),
    ...volumeRoutes(account),
    ...domainRoutes(account),
    ...instanceRoutes(account),
    ...backupRoutes(account),
  };
  return Object.fromEntries(
    Object.entries(routes).flatMap(([route, handler]) =>
      ["/v4", "/v4beta"].map((version) =>
        [route.replace(" ", ` ${version}`), handler] as const
      )
    ),
  );
}
