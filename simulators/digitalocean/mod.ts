/**
 * Simulator of DigitalOcean: an in-memory account behind a `fetch` function.
 *
 * It has droplets and their actions, images, SSH keys, volumes, snapshots,
 * tags, reserved IPs and firewalls, in all regions, and domains with their records. Paths, fields, statuses and
 * error bodies follow DigitalOcean's OpenAPI description. Where the description
 * leaves details open, the simulator behaves as follows:
 *
 * - An invalid value gets 422 with the id `unprocessable_entity`. This includes
 *   a page size that is out of range. A name that is taken, or a volume that is
 *   in use, gets 409 with the id `conflict`.
 * - While an action on a droplet is in progress, another one is refused:
 *   `Droplet already has a pending event.` An action that the status of the
 *   droplet does not allow, such as starting a running droplet, is accepted and
 *   ends as `errored`.
 * - During an action the droplet is `locked` and keeps its previous `status`. A
 *   new droplet has no IP address until it is `active`. If its create action ends
 *   as `errored`, it stays `new`.
 * - As at the service, a change is not visible at once: new resources are hidden,
 *   lists lag, addresses are late, and droplets are busy, each for some
 *   milliseconds. Set `hiddenMs`, `listLagMs`, `addressMs` and `busyMs` to 0 if a
 *   test needs immediate changes.
 * - New resources that are still hidden get 404 and are not listed. The actions
 *   on them are visible by their id.
 * - Unknown fields of a request are ignored, as the service does.
 * - Fingerprints of imported keys derive from SHA-256, because Web Crypto does
 *   not have MD5. They have the usual format.
 * - Hosts in the data of CNAME, MX, NS, SRV and CAA records must end in a dot.
 *   Responses have no dot, and `@` for the domain itself. Backslashes in TXT are
 *   lost. A record that exists already gets 422.
 * - By default only the hourly rate limit applies. Its 429 response has no
 *   `retry-after`; the response for the limit per minute has one.
 *
 * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/ | DigitalOcean API reference}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import { Account } from "./_account.ts";
import { actionRoutes } from "./_actions.ts";
import { REGIONS, SIZES } from "./_catalog.ts";
import { domainRoutes } from "./_domains.ts";
import { dropletRoutes } from "./_droplets.ts";
import { firewallRoutes } from "./_firewalls.ts";
import { imageRoutes } from "./_images.ts";
import { keyRoutes } from "./_keys.ts";
import { vpcJson } from "./_networks.ts";
import { ok } from "./_requests.ts";
import { reservedIpRoutes } from "./_reserved_ips.ts";
import { seed, seedDomain } from "./_seed.ts";
import { snapshotRoutes } from "./_snapshots.ts";
import { tagRoutes } from "./_tags.ts";
import { volumeRoutes } from "./_volumes.ts";
import {
  amount,
  baseUrl,
  callback,
  count,
  type Fails,
  FixedWindow,
  type Inventory,
  jsonResponse,
  readBearerToken,
  readOptions,
  Refusal,
  retryAfter,
  type Routes,
  serveRoutes,
  text,
  toInventory,
  toItems,
  toUuid,
} from "../kit/mod.ts";

export type {
  Fails,
  Inventory,
  InventoryItem,
  SimulatedOperation,
} from "../kit/mod.ts";

/** Options of {@linkcode DigitalOceanSimulator}; times are in milliseconds. */
export interface DigitalOceanSimulatorOptions {
  /**
   * API token that requests must have.
   *
   * @default {"dop_v1_simulator"}
   */
  readonly token?: string | undefined;
  /**
   * Number of running nodes at the start. If there are any, the account also
   * has a key, the tag `web`, and these resources of the first node: an image,
   * an attached volume with a snapshot, a reserved IP and a firewall.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Number of domains at the start: `zone-1.example`, `zone-2.example` and so on.
   * Each has a SOA record, NS records, and a few others.
   *
   * @default {0}
   */
  readonly zones?: number | undefined;
  /**
   * Time from the response to a create request until the node is active and has
   * its IP addresses.
   *
   * @default {50}
   */
  readonly createMs?: number | undefined;
  /**
   * Time from the response to any other action until it is completed.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * How long a new droplet, volume, image or snapshot is unknown: requests for
   * it get 404, and it is not listed. The service does so for seconds.
   *
   * @see {@link https://github.com/digitalocean/terraform-provider-digitalocean/issues/378 | Report of 404 after a create}
   *
   * @default {15}
   */
  readonly hiddenMs?: number | undefined;
  /**
   * How far lists lag behind: a new item is missing, a deleted one is still
   * there, a status is old. A request for a single resource is up to date. At
   * the service, lists lag by seconds.
   *
   * @see {@link https://github.com/digitalocean/api-v2/issues/202 | Report of a list without the new droplet}
   *
   * @default {20}
   */
  readonly listLagMs?: number | undefined;
  /**
   * Time from `active` until a new droplet has its public IP addresses. It has
   * the private one at once. At the service this takes up to a few seconds.
   *
   * @see {@link https://github.com/digitalocean/terraform-provider-digitalocean/pull/1598 | Report of active droplets without a public address}
   *
   * @default {15}
   */
  readonly addressMs?: number | undefined;
  /**
   * How long a droplet or a volume still refuses changes after an action on it
   * has ended, the create action included. If this is more than 0, a droplet
   * also refuses to be destroyed during an action and this time, as at the
   * service: `Droplet already has a pending event.`
   *
   * @see {@link https://github.com/hashicorp/packer/issues/1814 | Report of a refused destroy request}
   * @see {@link https://github.com/digitalocean/doctl/issues/358 | Report of a detached volume that is not deleted}
   *
   * @default {15}
   */
  readonly busyMs?: number | undefined;
  /**
   * Decides which actions end as `errored`; it is called at the start of each.
   * `name` is the type of the action, such as `"create"` or `"attach"`.
   *
   * @default {() => false}
   */
  readonly fails?: Fails | undefined;
  /**
   * Largest page that is sent, even if the client requests a larger one.
   *
   * @default {200}
   */
  readonly largestPage?: number | undefined;
  /**
   * Rate limit per hour.
   *
   * @default {5000}
   */
  readonly requestsPerHour?: number | undefined;
  /**
   * Rate limit per minute. The service allows 250 requests.
   *
   * @default {Infinity}
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * Base URL of the links in responses.
   *
   * @default {"https://api.digitalocean.com"}
   */
  readonly baseUrl?: string | undefined;
  /**
   * Clock, in milliseconds since 1970. To control the time in a test, pass your
   * own function.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

const OPTIONS = {
  token: text("dop_v1_simulator"),
  nodes: count(0),
  zones: count(0),
  createMs: amount(50),
  actionMs: amount(20),
  hiddenMs: amount(15),
  listLagMs: amount(20),
  addressMs: amount(15),
  busyMs: amount(15),
  fails: callback<Fails>(() => false),
  largestPage: count(200, 1),
  requestsPerHour: amount(5000),
  requestsPerMinute: amount(Infinity),
  baseUrl: baseUrl("https://api.digitalocean.com"),
  now: callback(() => Date.now()),
};

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const ERROR_IDS: Readonly<Record<number, string>> = {
  [STATUS_CODE.BadRequest]: "bad_request",
  [STATUS_CODE.Unauthorized]: "unauthorized",
  [STATUS_CODE.Forbidden]: "forbidden",
  [STATUS_CODE.NotFound]: "not_found",
  [STATUS_CODE.MethodNotAllowed]: "method_not_allowed",
  [STATUS_CODE.Conflict]: "conflict",
  [STATUS_CODE.ContentTooLarge]: "request_entity_too_large",
  [STATUS_CODE.UnsupportedMediaType]: "unsupported_media_type",
  [STATUS_CODE.UnprocessableEntity]: "unprocessable_entity",
  [STATUS_CODE.TooManyRequests]: "too_many_requests",
};

/**
 * A simulated DigitalOcean account, kept in memory.
 *
 * Pass {@linkcode DigitalOceanSimulator.fetch} to a driver to test without a
 * network, or to an HTTP server to serve any other client. Time comes only from
 * the option `now`: no timers run in the background, so there is nothing to
 * close.
 *
 * @example Testing a script in process
 * ```ts
 * import { DigitalOceanNodeDriver } from "@nephos/nephos/drivers/digitalocean";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const simulator = new DigitalOceanSimulator({ nodes: 250 });
 * const cloud = new DigitalOceanNodeDriver({
 *   ...simulator.credentials,
 *   fetch: simulator.fetch,
 * });
 * const nodes = await cloud.listNodes();
 * console.log(nodes.length); // 250, on two pages
 * ```
 *
 * @example Serving other clients
 * ```ts
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * function serve(): void {
 *   const baseUrl = "http://localhost:8080";
 *   const { fetch } = new DigitalOceanSimulator({ nodes: 3, baseUrl });
 *   Deno.serve({ port: 8080 }, fetch);
 * }
 * ```
 */
export class DigitalOceanSimulator {
  /**
   * Options that switch on every delay of the service. The times are short, for
   * tests.
   */
  static readonly realistic: DigitalOceanSimulatorOptions = {
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
  readonly #hour: FixedWindow;
  readonly #minute: FixedWindow;
  #requests = 0;

  /**
   * Creates an account.
   *
   * @param options Initial contents and timing of the simulated account.
   * @throws {TypeError} If an option is unknown, or if `fails` or `now` is not a
   * function.
   * @throws {RangeError} If a number is negative or `NaN`, or if `nodes` or
   * `largestPage` is not an integer in range.
   */
  constructor(options: DigitalOceanSimulatorOptions = {}) {
    const settings = readOptions("DigitalOceanSimulator", options, OPTIONS);
    const { token, nodes, zones, now } = settings;
    const { requestsPerHour, requestsPerMinute } = settings;
    this.credentials = { token };
    this.#hour = new FixedWindow(requestsPerHour, HOUR_MS, now);
    this.#minute = new FixedWindow(requestsPerMinute, MINUTE_MS, now);
    this.#account = new Account(settings);
    if (nodes > 0) seed(this.#account, nodes);
    for (let number = 1; number <= zones; number++) {
      seedDomain(this.#account, `zone-${number}.example`);
    }
    this.#account.timeline.start();
    this.fetch = serveRoutes({
      timeline: this.#account.timeline,
      before: (request) => {
        this.#requests++;
        this.#authenticate(request);
        this.#countRequest(now());
      },
      after: (headers) => this.#addHeaders(headers),
      error: (refusal) => this.#errorResponse(refusal),
      routes: routesOf(this.#account),
    });
  }

  /**
   * Lists the resources that exist now, for assertions in tests. Snapshots of
   * droplets are images.
   *
   * @returns The resources, in the order of their creation.
   */
  inventory(): Inventory {
    const account = this.#account;
    account.timeline.advance();
    const images = account.images.all.filter((it) => !it.public);
    return toInventory({
      nodes: toItems(account.droplets.all),
      volumes: toItems(account.volumes.all),
      images: toItems(images),
      snapshots: toItems(account.snapshots.all),
      keyPairs: toItems(account.keys.all),
    });
  }

  #authenticate(request: Request): void {
    if (readBearerToken(request) === this.credentials.token) return;
    throw new Refusal(STATUS_CODE.Unauthorized, "Unable to authenticate you.");
  }

  /** Counts a request, or refuses it if a rate limit is exceeded. */
  #countRequest(now: number): void {
    if (this.#hour.remaining <= 0) refuseTooMany();
    if (!this.#minute.take()) {
      refuseTooMany({ "Retry-After": retryAfter(this.#minute, now) });
    }
    this.#hour.take();
  }

  #addHeaders(headers: Headers): void {
    const { limit, remaining, resetAt } = this.#hour;
    headers.set("ratelimit-limit", String(limit));
    headers.set("ratelimit-remaining", String(remaining));
    headers.set("ratelimit-reset", String(Math.ceil(resetAt / 1000)));
    headers.set("x-request-id", this.#requestId());
  }

  #errorResponse({ status, message, headers }: Refusal): Response {
    const id = ERROR_IDS[status] ?? "server_error";
    const body = { id, message, request_id: this.#requestId() };
    return jsonResponse(status, body, headers);
  }

  #requestId(): string {
    return toUuid(this.#requests, "4d9d8375-3c56-4925-a3e7");
  }
}

function refuseTooMany(headers: Readonly<Record<string, string>> = {}): never {
  throw new Refusal(
    STATUS_CODE.TooManyRequests,
    "API rate limit exceeded.",
    { headers },
  );
}

function routesOf(account: Account): Routes {
  return {
    "GET /v2/account": () => ok(ACCOUNT),
    "GET /v2/regions": (call) => account.page(call, "regions", REGIONS),
    "GET /v2/sizes": (call) => account.page(call, "sizes", SIZES),
    "GET /v2/vpcs": (call) => account.page(call, "vpcs", REGIONS.map(vpcJson)),
    ...keyRoutes(account),
    ...dropletRoutes(account),
    ...actionRoutes(account),
    ...imageRoutes(account),
    ...volumeRoutes(account),
    ...snapshotRoutes(account),
    ...tagRoutes(account),
    ...reservedIpRoutes(account, "reserved_ip"),
    // The former name, which older clients use.
    ...reservedIpRoutes(account, "floating_ip"),
    ...firewallRoutes(account),
    ...domainRoutes(account),
  };
}

const ACCOUNT = {
  account: {
    droplet_limit: 25,
    floating_ip_limit: 5,
    email: "sammy@example.com",
    name: "Sammy the Shark",
    uuid: "b6fr89dbf6d9156cace5f3c78dc9851d957381ef",
    email_verified: true,
    status: "active",
    status_message: "",
    team: {
      uuid: "5df3e3004a17e242b7c20ca6c9fc25b701a47ece",
      name: "My Team",
    },
  },
};
