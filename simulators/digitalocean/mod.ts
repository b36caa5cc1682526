/**
 * DigitalOcean as a `fetch` function: droplets with their actions, images,
 * keys, volumes, snapshots, tags, reserved addresses and firewalls, in all
 * regions.
 *
 * Paths, fields, statuses and error bodies are those of the official
 * description. Where it is silent, this simulator chooses:
 *
 * - What is understood and refused is HTTP 422 with the id
 *   `unprocessable_entity`; a name that is taken, or a volume that is in use,
 *   is 409 with `conflict`. A page size out of range is 422, too.
 * - A droplet that an action is under way on refuses another one: `Droplet
 *   already has a pending event.` An action that the state of its droplet
 *   forbids, such as to start one that runs, is accepted and then `errored`.
 * - While an action is under way the droplet is `locked`, and its `status` is
 *   still the one before. A new one has no address until it is `active`.
 * - Fields that it does not know are ignored, as the service does.
 * - The fingerprint of an imported key is made with SHA-256, since Web Crypto
 *   has no MD5; its form is the usual one.
 * - Of the limits only that of an hour holds unless told otherwise. When it is
 *   reached, the answer is 429 without `retry-after`; that of a minute has one.
 *
 * @see {@link https://docs.digitalocean.com/reference/api/digitalocean/ | DigitalOcean API reference}
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import {
  APPLICATIONS,
  type Image,
  IMAGES,
  type Region,
  REGIONS,
  type Size,
  SIZES,
} from "./_catalog.ts";
import {
  type Call,
  type Handler,
  type JsonObject,
  jsonResponse,
  readBearerToken,
  readJson,
  readPage,
  Refusal,
  serveRoutes,
} from "../_router.ts";
import { Schedule } from "../_schedule.ts";

/** Settings of {@linkcode DigitalOceanSimulator}; times are in milliseconds. */
export interface DigitalOceanSimulatorOptions {
  /**
   * Token to accept.
   *
   * @default {"dop_v1_simulator"}
   */
  readonly token?: string | undefined;
  /**
   * Number of running nodes to begin with. With the first one come a key, an
   * image made of it, a volume attached to it and its snapshot, a reserved
   * address, a firewall and the tag `web`.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * From the answer to a create until the node is active and has its
   * addresses.
   *
   * @default {50}
   */
  readonly createMs?: number | undefined;
  /**
   * From the answer to any other action until it is completed.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * Largest page that is sent, whatever is asked for.
   *
   * @default {200}
   */
  readonly largestPage?: number | undefined;
  /**
   * Requests allowed in an hour.
   *
   * @default {5000}
   */
  readonly requestsPerHour?: number | undefined;
  /**
   * Requests allowed in a minute; the service allows 250.
   *
   * @default {Infinity}
   */
  readonly requestsPerMinute?: number | undefined;
  /**
   * Where the links in the answers point to.
   *
   * @default {"https://api.digitalocean.com"}
   */
  readonly baseUrl?: string | undefined;
  /**
   * The clock, in milliseconds since 1970; a test may pass its own and move
   * it. It is read when a request comes in; nothing happens in between.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

/** A droplet, as the simulator keeps it. */
interface Droplet {
  readonly id: number;
  name: string;
  size: Size;
  /** Disk in GB, which may stay as it is when the size grows. */
  disk: number;
  image: Image;
  readonly region: Region;
  status: "new" | "active" | "off";
  locked: boolean;
  readonly createdAt: string;
  features: readonly string[];
  tags: string[];
  readonly vpc: string;
  /** Which addresses it has; none yet where this is absent. */
  address: number | undefined;
  snapshots: readonly number[];
}

interface Action {
  readonly id: number;
  readonly type: string;
  status: "in-progress" | "completed" | "errored";
  readonly startedAt: string;
  completedAt: string | null;
  readonly resourceId: number | null;
  readonly resourceType: string;
  readonly region: Region;
}

interface Key {
  readonly id: number;
  name: string;
  readonly public_key: string;
  readonly fingerprint: string;
}

interface StoredVolume {
  readonly id: string;
  readonly name: string;
  readonly region: Region;
  readonly createdAt: string;
  readonly description: string;
  readonly filesystem: string;
  readonly tags: string[];
  sizeGb: number;
  droplet: number | undefined;
  locked: boolean;
}

interface StoredSnapshot {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly regions: readonly string[];
  readonly resource_id: string;
  readonly resource_type: string;
  readonly min_disk_size: number;
  readonly size_gigabytes: number;
  readonly tags: readonly string[];
}

interface ReservedIp {
  readonly ip: string;
  readonly region: Region;
  droplet: number | undefined;
  locked: boolean;
}

interface Firewall {
  readonly id: string;
  readonly name: string;
  readonly createdAt: string;
  readonly inbound: unknown;
  readonly outbound: unknown;
  readonly droplets: Set<number>;
  tags: readonly string[];
}

/** The options that were given, and what stands for the others. */
type Settings = {
  readonly [
    Name in Exclude<keyof DigitalOceanSimulatorOptions, "token" | "nodes">
  ]-?: NonNullable<DigitalOceanSimulatorOptions[Name]>;
};

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

const SEEDED_TIME = "2024-03-05T09:12:30Z";
const SEEDED_KEY: Key = {
  id: 512189,
  name: "My SSH Public Key",
  fingerprint: "3b:16:bf:e4:8b:00:8b:b8:59:8c:a9:d3:f0:19:45:fa",
  public_key:
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDGp9Lttsr/+XxFcizLf32M+QpweRRj8n50La3v+nuD0ewoYASHWFoTrUEfVC1vIkRDWzygTTsCSZiTR8XsetScoEBnzPUIbayxbBCTUe6wHGQ2ShXraD6Q8GyHRkZHPTU8PBydWVAUIL+i2PrHG5P9H6KDV3v3Soj+a46AdHKvAw== user@example.com",
};

const IDS: Readonly<Record<number, string>> = {
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

const NAME = /^[a-zA-Z0-9]?[a-z0-9A-Z.-]*[a-z0-9A-Z]$/;
const TAG = /^[\w:-]{1,255}$/;

/** What an action on a droplet needs: a status, and what it does. */
interface Deed {
  /** In which status it can be done; any, if absent. */
  readonly when?: Droplet["status"];
  readonly finish: () => void;
}

/**
 * A DigitalOcean account in memory.
 *
 * Pass {@linkcode DigitalOceanSimulator.fetch} to a driver and nothing touches
 * the network, or to a server and any client can use it. Time passes by the
 * clock alone: nothing runs between requests, and nothing has to be closed.
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
   * Answers one request, as the service would. It is bound: it can be passed
   * on as it is. It rejects only if the signal of the request has fired.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Token that it accepts, to hand to a driver. */
  readonly credentials: { readonly token: string };

  readonly #options: Settings;
  readonly #droplets = new Map<number, Droplet>();
  readonly #images = new Map<number, Image>();
  readonly #keys = new Map<number, Key>();
  readonly #actions = new Map<number, Action>();
  readonly #dropletActions = new Map<number, Action[]>();
  readonly #volumes = new Map<string, StoredVolume>();
  readonly #snapshots = new Map<string, StoredSnapshot>();
  readonly #reservedIps = new Map<string, ReservedIp>();
  readonly #firewalls = new Map<string, Firewall>();
  readonly #tags = new Set<string>();
  readonly #schedule = new Schedule();
  /** All droplets in order, until one comes or goes. */
  #dropletList: readonly Droplet[] | undefined;
  #nextId = 3_164_444;
  #addressed = 0;
  #requests = 0;
  #hour = { since: -Infinity, count: 0 };
  #minute = { since: -Infinity, count: 0 };

  /**
   * Creates an account.
   *
   * @param options What is in it and how fast it is.
   * @throws {RangeError} If a number is negative or none, or `nodes` or
   * `largestPage` no integer.
   */
  constructor(options: DigitalOceanSimulatorOptions = {}) {
    const { token = "dop_v1_simulator", nodes = 0 } = options;
    this.credentials = { token };
    this.#options = {
      createMs: options.createMs ?? 50,
      actionMs: options.actionMs ?? 20,
      largestPage: options.largestPage ?? 200,
      requestsPerHour: options.requestsPerHour ?? 5000,
      requestsPerMinute: options.requestsPerMinute ?? Infinity,
      baseUrl: (options.baseUrl ?? "https://api.digitalocean.com")
        .replace(/\/+$/, ""),
      now: options.now ?? Date.now,
    };
    const { now: _now, baseUrl: _baseUrl, ...numbers } = this.#options;
    for (const [name, value] of Object.entries({ ...numbers, nodes })) {
      const isCount = name === "nodes" || name === "largestPage";
      if (
        !(value >= (name === "largestPage" ? 1 : 0)) ||
        (isCount && !Number.isSafeInteger(value))
      ) {
        throw new RangeError(
          `Cannot create a DigitalOceanSimulator: ${name} is ${value}`,
        );
      }
    }
    for (const image of IMAGES) this.#images.set(image.id, { ...image });
    if (nodes > 0) this.#seed(nodes);
    this.fetch = serveRoutes({
      before: (request) => this.#before(request),
      after: (headers) => this.#after(headers),
      refuse: (refusal) => this.#refuse(refusal),
      routes: {
        "GET /v2/account": () => this.#getAccount(),
        "GET /v2/regions": (call) => this.#page(call, "regions", REGIONS),
        "GET /v2/sizes": (call) => this.#page(call, "sizes", SIZES),
        "GET /v2/vpcs": (call) =>
          this.#page(call, "vpcs", REGIONS.map(vpcJson)),

        "GET /v2/account/keys": (call) =>
          this.#page(call, "ssh_keys", [...this.#keys.values()]),
        "POST /v2/account/keys": (call) => this.#createKey(call),
        "GET /v2/account/keys/{id}": (call) =>
          ok({ ssh_key: this.#keyOf(call) }),
        "PUT /v2/account/keys/{id}": (call) => this.#renameKey(call),
        "DELETE /v2/account/keys/{id}": (call) => {
          this.#keys.delete(this.#keyOf(call).id);
          return done();
        },

        "GET /v2/droplets": (call) => this.#listDroplets(call),
        "POST /v2/droplets": (call) => this.#createDroplets(call),
        "GET /v2/droplets/{id}": (call) =>
          ok({ droplet: this.#dropletJson(this.#dropletOf(call)) }),
        "DELETE /v2/droplets/{id}": (call) => this.#destroyDroplet(call),
        "GET /v2/droplets/{id}/snapshots": (call) =>
          this.#listDropletSnapshots(call),
        "GET /v2/droplets/{id}/actions": (call) => {
          const { id } = this.#dropletOf(call);
          const actions = this.#dropletActions.get(id) ?? [];
          return this.#page(call, "actions", actions.toReversed(), actionJson);
        },
        "POST /v2/droplets/{id}/actions": (call) => this.#actOnDroplet(call),
        "GET /v2/droplets/{id}/actions/{action}": (call) => {
          this.#dropletOf(call);
          return ok({ action: actionJson(this.#actionOf(call, "action")) });
        },
        "GET /v2/actions": (call) => {
          const actions = [...this.#actions.values()].reverse();
          return this.#page(call, "actions", actions, actionJson);
        },
        "GET /v2/actions/{id}": (call) =>
          ok({ action: actionJson(this.#actionOf(call)) }),

        "GET /v2/images": (call) => this.#listImages(call),
        "GET /v2/images/{id}": (call) => ok({ image: this.#imageOf(call) }),
        "PUT /v2/images/{id}": (call) => this.#renameImage(call),
        "DELETE /v2/images/{id}": (call) => {
          this.#images.delete(this.#ownImageOf(call).id);
          return done();
        },
        "POST /v2/images/{id}/actions": (call) => this.#actOnImage(call),

        "GET /v2/volumes": (call) => this.#listVolumes(call),
        "POST /v2/volumes": (call) => this.#createVolume(call),
        "POST /v2/volumes/actions": (call) => this.#actOnNamedVolume(call),
        "GET /v2/volumes/{id}": (call) =>
          ok({ volume: volumeJson(find(this.#volumes, call)) }),
        "DELETE /v2/volumes/{id}": (call) => this.#destroyVolume(call),
        "GET /v2/volumes/{id}/snapshots": (call) =>
          this.#listSnapshots(call, find(this.#volumes, call).id),
        "POST /v2/volumes/{id}/snapshots": (call) => this.#snapVolume(call),
        "POST /v2/volumes/{id}/actions": (call) => this.#actOnVolume(call),
        "GET /v2/volumes/{id}/actions/{action}": (call) => {
          find(this.#volumes, call);
          return ok({ action: actionJson(this.#actionOf(call, "action")) });
        },

        "GET /v2/snapshots": (call) => this.#listSnapshots(call),
        "GET /v2/snapshots/{id}": (call) =>
          ok({ snapshot: this.#snapshotOf(call) }),
        "DELETE /v2/snapshots/{id}": (call) => {
          const { id, resource_type } = this.#snapshotOf(call);
          if (resource_type === "volume") this.#snapshots.delete(id);
          else this.#images.delete(Number(id));
          return done();
        },

        "GET /v2/tags": (call) =>
          this.#page(
            call,
            "tags",
            [...this.#tags],
            (tag) => this.#tagJson(tag),
          ),
        "POST /v2/tags": (call) => this.#createTag(call),
        "GET /v2/tags/{id}": (call) =>
          ok({ tag: this.#tagJson(this.#tagOf(call)) }),
        "DELETE /v2/tags/{id}": (call) => this.#deleteTag(call),
        "POST /v2/tags/{id}/resources": (call) => this.#tag(call, true),
        "DELETE /v2/tags/{id}/resources": (call) => this.#tag(call, false),

        ...this.#reservedIpRoutes("reserved_ip"),
        // The name they had before, which older clients know.
        ...this.#reservedIpRoutes("floating_ip"),

        "GET /v2/firewalls": (call) =>
          this.#page(
            call,
            "firewalls",
            [...this.#firewalls.values()],
            firewallJson,
          ),
        "POST /v2/firewalls": (call) => this.#createFirewall(call),
        "GET /v2/firewalls/{id}": (call) =>
          ok({ firewall: firewallJson(find(this.#firewalls, call)) }),
        "DELETE /v2/firewalls/{id}": (call) => {
          this.#firewalls.delete(find(this.#firewalls, call).id);
          return done();
        },
        "POST /v2/firewalls/{id}/droplets": (call) =>
          this.#protect(call, (droplets, id) => droplets.add(id)),
        "DELETE /v2/firewalls/{id}/droplets": (call) =>
          this.#protect(call, (droplets, id) => droplets.delete(id)),
      },
    });
  }

  // Every request

  #before(request: Request): void {
    this.#requests++;
    const now = this.#options.now();
    this.#schedule.advance(now);
    const { requestsPerHour, requestsPerMinute } = this.#options;
    if (now >= this.#hour.since + HOUR_MS) {
      this.#hour = { since: now, count: 0 };
    }
    if (now >= this.#minute.since + MINUTE_MS) {
      this.#minute = { since: now, count: 0 };
    }
    if (readBearerToken(request) !== this.credentials.token) {
      throw new Refusal(
        STATUS_CODE.Unauthorized,
        "Unable to authenticate you.",
      );
    }
    if (this.#hour.count >= requestsPerHour) {
      throw new Refusal(
        STATUS_CODE.TooManyRequests,
        "API rate limit exceeded.",
      );
    }
    if (this.#minute.count >= requestsPerMinute) {
      const ms = this.#minute.since + MINUTE_MS - now;
      throw new Refusal(
        STATUS_CODE.TooManyRequests,
        "API rate limit exceeded.",
        { "Retry-After": String(Math.ceil(ms / 1000)) },
      );
    }
    this.#hour.count++;
    this.#minute.count++;
  }

  #after(headers: Headers): void {
    const { requestsPerHour } = this.#options;
    const { since, count } = this.#hour;
    headers.set("ratelimit-limit", String(requestsPerHour));
    headers.set("ratelimit-remaining", String(requestsPerHour - count));
    headers.set(
      "ratelimit-reset",
      String(Math.ceil((since + HOUR_MS) / 1000)),
    );
    headers.set("x-request-id", this.#requestId());
  }

  #refuse({ status, message, headers }: Refusal): Response {
    const id = IDS[status] ?? "server_error";
    const body = { id, message, request_id: this.#requestId() };
    return jsonResponse(status, body, headers);
  }

  #requestId(): string {
    return uuid(this.#requests, "4d9d8375-3c56-4925-a3e7");
  }

  #page<T>(
    { url }: Call,
    key: string,
    all: readonly T[],
    convert: (item: T) => unknown = (item) => item,
  ): Response {
    const rules = { size: "per_page", max: 200, usual: 20 } as const;
    const { items, page, pages, total } = refusing(() =>
      readPage(all, url, { ...rules, largest: this.#options.largestPage })
    );
    const { baseUrl } = this.#options;
    const link = (number: number) => {
      const target = new URL(baseUrl + url.pathname + url.search);
      target.searchParams.set("page", String(number));
      return target.href;
    };
    const links = pages === 1 ? {} : {
      pages: {
        ...(page > 1
          ? { first: link(1), prev: link(Math.min(page - 1, pages)) }
          : {}),
        ...(page < pages ? { next: link(page + 1), last: link(pages) } : {}),
      },
    };
    return ok({ [key]: items.map(convert), links, meta: { total } });
  }

  // Time

  #timestamp(): string {
    return toTimestamp(this.#options.now());
  }

  /** Begins an action, and does it when its time has come. */
  #begin(
    type: string,
    resource: {
      readonly id: number | null;
      readonly type: string;
      readonly region: Region;
    },
    finish: () => void,
    isPossible: () => boolean = () => true,
    ms: number = this.#options.actionMs,
  ): Action {
    const action: Action = {
      id: this.#nextId++,
      type,
      status: "in-progress",
      startedAt: this.#timestamp(),
      completedAt: null,
      resourceId: resource.id,
      resourceType: resource.type,
      region: resource.region,
    };
    this.#actions.set(action.id, action);
    this.#schedule.add(this.#options.now() + ms, (at) => {
      action.status = isPossible() ? "completed" : "errored";
      action.completedAt = toTimestamp(at);
      finish();
    });
    return action;
  }

  /** Begins an action on a droplet, which is locked until it is done. */
  #beginOn(droplet: Droplet, type: string, deed: Deed, ms?: number): Action {
    const { id, region } = droplet;
    const isPossible = deed.when === undefined || deed.when === droplet.status;
    droplet.locked = true;
    const action = this.#begin(
      type,
      { id, type: "droplet", region },
      () => {
        droplet.locked = false;
        if (isPossible) deed.finish();
      },
      () => isPossible,
      ms,
    );
    const actions = this.#dropletActions.get(id);
    if (actions) actions.push(action);
    else this.#dropletActions.set(id, [action]);
    return action;
  }

  #actionOf({ params }: Call, name = "id"): Action {
    return this.#actions.get(toNumber(params.get(name))) ?? refuseUnknown();
  }

  // Account and keys

  #getAccount(): Response {
    return ok({
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
    });
  }

  #keyOf(call: Call): Key {
    const id = call.params.get("id") ?? "";
    return this.#findKey(id) ?? refuseUnknown();
  }

  #findKey(id: unknown): Key | undefined {
    return this.#keys.get(toNumber(id)) ??
      [...this.#keys.values()].find(({ fingerprint }) => fingerprint === id);
  }

  async #createKey({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const name = textIn(body, "name");
    const publicKey = textIn(body, "public_key").trim();
    const [, blob] = /^\S+ +([\w+/]+=*)(?: .*)?$/.exec(publicKey) ??
      refuseValue(
        "Key invalid, key should be of the format `type key [comment]`",
      );
    const fingerprint = await fingerprintOf(blob ?? "");
    for (const key of this.#keys.values()) {
      if (key.fingerprint === fingerprint) {
        refuseValue("SSH Key is already in use on your account");
      }
    }
    const id = this.#nextId++;
    const key = { id, fingerprint, public_key: publicKey, name };
    this.#keys.set(key.id, key);
    return jsonResponse(STATUS_CODE.Created, { ssh_key: key });
  }

  async #renameKey(call: Call): Promise<Response> {
    const key = this.#keyOf(call);
    key.name = textIn(await readJson(call.request), "name");
    return ok({ ssh_key: key });
  }

  // Droplets

  #dropletOf(call: Call): Droplet {
    return find(this.#droplets, call, toNumber);
  }

  #pickDroplet(body: JsonObject, field = "droplet_id"): Droplet {
    return this.#droplets.get(toNumber(body[field])) ??
      refuseValue(`There is no droplet ${body[field]}`);
  }

  #listDroplets(call: Call): Response {
    const { searchParams } = call.url;
    const tag = searchParams.get("tag_name");
    const name = searchParams.get("name");
    const type = searchParams.get("type") ?? "droplets";
    if (!["droplets", "gpus"].includes(type)) refuseValue("Invalid type");
    let all = this.#dropletList ??= [...this.#droplets.values()];
    if (tag !== null) all = all.filter(({ tags }) => tags.includes(tag));
    if (name !== null) all = all.filter((droplet) => droplet.name === name);
    // None of the sizes on offer here has a graphics processor.
    if (type === "gpus") all = [];
    return this.#page(call, "droplets", all, (it) => this.#dropletJson(it));
  }

  async #createDroplets({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const names = Array.isArray(body.names) ? body.names : [body.name];
    if (names.length === 0 || names.length > 10) refuseValue("1 to 10 names");
    for (const name of names) {
      if (typeof name !== "string" || !NAME.test(name) || name.length > 255) {
        refuseValue(
          "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
        );
      }
    }
    const size = pick(SIZES, body.size, "size");
    const region = pick(REGIONS, body.region ?? "nyc3", "region");
    const image = this.#pickImage(body.image);
    if (!size.available || !region.sizes.includes(size.slug)) {
      refuseValue("Size is not available in this region.");
    }
    if (!image.regions.includes(region.slug)) {
      refuseValue("Image is not available in this region.");
    }
    if (image.min_disk_size > size.disk) {
      refuseValue("You specified an invalid size for Droplet creation.");
    }
    const keys = listIn(body, "ssh_keys");
    if (keys.some((id) => !this.#findKey(id))) {
      refuseValue(`${keys} are invalid key identifiers for Droplet creation.`);
    }
    const vpc = body.vpc_uuid ?? vpcOf(region);
    if (vpc !== vpcOf(region)) {
      refuseValue("There is no such VPC in the region");
    }
    const userData = body.user_data ?? "";
    if (typeof userData !== "string" || userData.length > 65_536) {
      refuseValue("User data is invalid.");
    }
    const tags = listIn(body, "tags").map(checkTag);
    const volumes = listIn(body, "volumes").map((id) =>
      this.#pickVolume(id, region)
    );
    const features = [
      ...(body.backups === true ? ["backups"] : []),
      ...(body.monitoring === true ? ["monitoring"] : []),
      "private_networking",
      ...(body.ipv6 === true ? ["ipv6"] : []),
    ];
    for (const tag of tags) this.#tags.add(tag);
    const made = names.map((name: string) => {
      const droplet: Droplet = {
        id: this.#nextId++,
        name,
        size,
        disk: size.disk,
        image,
        region,
        status: "new",
        locked: true,
        createdAt: this.#timestamp(),
        features,
        tags: [...tags],
        vpc: vpcOf(region),
        address: undefined,
        snapshots: [],
      };
      this.#droplets.set(droplet.id, droplet);
      const finish = () => {
        droplet.status = "active";
        droplet.address = this.#addressed++;
        for (const volume of volumes) volume.droplet = droplet.id;
      };
      const { createMs } = this.#options;
      const action = this.#beginOn(droplet, "create", { finish }, createMs);
      return { droplet: this.#dropletJson(droplet), action };
    });
    this.#dropletList = undefined;
    const actions = made.map(({ action }) => this.#link(action, "create"));
    const droplets = made.map(({ droplet }) => droplet);
    return jsonResponse(
      STATUS_CODE.Accepted,
      Array.isArray(body.names)
        ? { droplets, links: { actions } }
        : { droplet: droplets[0], links: { actions } },
    );
  }

  #destroyDroplet(call: Call): Response {
    const { id } = this.#dropletOf(call);
    this.#droplets.delete(id);
    this.#dropletList = undefined;
    this.#dropletActions.delete(id);
    for (
      const thing of [...this.#volumes.values(), ...this.#reservedIps.values()]
    ) {
      if (thing.droplet === id) thing.droplet = undefined;
    }
    for (const { droplets } of this.#firewalls.values()) droplets.delete(id);
    return done();
  }

  async #actOnDroplet(call: Call): Promise<Response> {
    const droplet = this.#dropletOf(call);
    const body = await readJson(call.request);
    const type = textIn(body, "type");
    const deed = this.#deedOf(droplet, type, body);
    if (droplet.locked) refuseBusy();
    const action = this.#beginOn(droplet, type, deed);
    return jsonResponse(STATUS_CODE.Created, { action: actionJson(action) });
  }

  #deedOf(droplet: Droplet, type: string, body: JsonObject): Deed {
    const feature = (name: string, isOn: boolean) => ({
      finish() {
        const others = droplet.features.filter((it) => it !== name);
        droplet.features = isOn ? [...others, name] : others;
      },
    });
    switch (type) {
      case "reboot":
      case "password_reset":
        return { when: "active", finish: () => {} };
      case "power_cycle":
        return {
          finish() {
            droplet.status = "active";
          },
        };
      case "shutdown":
      case "power_off":
        return {
          when: "active",
          finish() {
            droplet.status = "off";
          },
        };
      case "power_on":
        return {
          when: "off",
          finish() {
            droplet.status = "active";
          },
        };
      case "rename": {
        const name = textIn(body, "name");
        if (!NAME.test(name)) {
          refuseValue(
            "Only valid hostname characters are allowed. (a-z, A-Z, 0-9, . and -)",
          );
        }
        return {
          finish() {
            droplet.name = name;
          },
        };
      }
      case "resize": {
        const size = pick(SIZES, body.size, "size");
        return {
          when: "off",
          finish() {
            droplet.size = size;
            if (body.disk === true) {
              droplet.disk = Math.max(size.disk, droplet.disk);
            }
          },
        };
      }
      case "rebuild":
      case "restore": {
        const image = this.#pickImage(body.image);
        return {
          finish() {
            droplet.image = image;
            droplet.status = "active";
          },
        };
      }
      case "snapshot": {
        const name = body.name === undefined
          ? `${droplet.name}-${this.#options.now()}`
          : textIn(body, "name");
        return { finish: () => this.#snapDroplet(droplet, name) };
      }
      case "enable_ipv6":
        return feature("ipv6", true);
      case "enable_backups":
      case "disable_backups":
        return feature("backups", type === "enable_backups");
      case "change_kernel":
        return { finish: () => {} };
      default:
        return refuseValue(`"${type}" is not an action`);
    }
  }

  // Images

  #imageOf(call: Call): Image {
    return this.#findImage(call.params.get("id")) ?? refuseUnknown();
  }

  #ownImageOf(call: Call): Image {
    const image = this.#imageOf(call);
    if (!image.public) return image;
    throw new Refusal(
      STATUS_CODE.Forbidden,
      "You do not have access for the attempted action.",
    );
  }

  #findImage(id: unknown): Image | undefined {
    return this.#images.get(toNumber(id)) ??
      [...this.#images.values()].find(({ slug }) => slug && slug === id);
  }

  #pickImage(id: unknown): Image {
    return this.#findImage(id) ??
      refuseValue("You specified an invalid image for Droplet creation.");
  }

  #listImages(call: Call): Response {
    const { searchParams } = call.url;
    const type = searchParams.get("type");
    const tag = searchParams.get("tag_name");
    const isPrivate = searchParams.get("private") === "true";
    if (type && !["distribution", "application"].includes(type)) {
      refuseValue("Invalid type");
    }
    const images = [...this.#images.values()].filter((image) =>
      (!isPrivate || !image.public) &&
      (tag === null || image.tags.includes(tag)) &&
      (!type || image.public &&
          APPLICATIONS.includes(image.slug ?? "") === (type === "application"))
    );
    return this.#page(call, "images", images);
  }

  async #renameImage(call: Call): Promise<Response> {
    const image = this.#ownImageOf(call);
    image.name = textIn(await readJson(call.request), "name");
    return ok({ image });
  }

  async #actOnImage(call: Call): Promise<Response> {
    const image = this.#ownImageOf(call);
    const body = await readJson(call.request);
    const type = textIn(body, "type");
    if (type !== "transfer" && type !== "convert") {
      refuseValue(`"${type}" is not an action`);
    }
    const region = type === "transfer"
      ? pick(REGIONS, body.region, "region")
      : pick(REGIONS, image.regions[0], "region");
    const action = this.#begin(
      type,
      { id: image.id, type: "image", region },
      () => {
        if (!image.regions.includes(region.slug)) {
          image.regions.push(region.slug);
        }
      },
    );
    return jsonResponse(STATUS_CODE.Created, { action: actionJson(action) });
  }

  #snapDroplet(droplet: Droplet, name: string): void {
    const id = this.#nextId++;
    this.#images.set(id, {
      id,
      name,
      distribution: droplet.image.distribution,
      slug: null,
      public: false,
      regions: [droplet.region.slug],
      created_at: this.#timestamp(),
      type: "snapshot",
      min_disk_size: droplet.disk,
      size_gigabytes: 2.34,
      description: "",
      tags: [],
      status: "available",
      error_message: "",
    });
    droplet.snapshots = [...droplet.snapshots, id];
  }

  #listDropletSnapshots(call: Call): Response {
    const { snapshots } = this.#dropletOf(call);
    const images = snapshots.flatMap((id) => this.#images.get(id) ?? []);
    return this.#page(call, "snapshots", images, (image) => ({
      id: image.id,
      name: image.name,
      created_at: image.created_at,
      regions: image.regions,
      min_disk_size: image.min_disk_size,
      size_gigabytes: image.size_gigabytes,
      type: "snapshot",
    }));
  }

  // Volumes and snapshots

  #pickVolume(id: unknown, region: Region): StoredVolume {
    const volume = this.#volumes.get(String(id));
    if (!volume || volume.region !== region || volume.droplet !== undefined) {
      return refuseValue(`Volume ${id} cannot be attached here`);
    }
    return volume;
  }

  #listVolumes(call: Call): Response {
    const { searchParams } = call.url;
    const name = searchParams.get("name");
    const region = searchParams.get("region");
    const volumes = [...this.#volumes.values()].filter((volume) =>
      (name === null || volume.name === name) &&
      (region === null || volume.region.slug === region)
    );
    return this.#page(call, "volumes", volumes, volumeJson);
  }

  async #createVolume({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const name = textIn(body, "name");
    if (!/^[a-z][a-z\d-]{0,63}$/.test(name)) {
      refuseValue("invalid volume name: lower-case letters, digits and dashes");
    }
    const { snapshot_id: snapshotId = null } = body;
    const snapshot = snapshotId === null
      ? undefined
      : this.#snapshots.get(String(snapshotId)) ??
        refuseValue("snapshot not found");
    const sizeGb = sizeIn(body);
    if (snapshot && snapshot.min_disk_size > sizeGb) {
      refuseValue("volume is smaller than its snapshot");
    }
    const region = pick(
      REGIONS,
      body.region ?? snapshot?.regions[0],
      "region",
    );
    for (const volume of this.#volumes.values()) {
      if (volume.name === name && volume.region === region) {
        refuseConflict("a volume with this name already exists");
      }
    }
    const tags = listIn(body, "tags").map(checkTag);
    for (const tag of tags) this.#tags.add(tag);
    const volume: StoredVolume = {
      id: uuid(this.#nextId++, "506f78a4-e098-11e5-ad9f"),
      name,
      region,
      createdAt: this.#timestamp(),
      description: String(body.description ?? ""),
      filesystem: String(body.filesystem_type ?? ""),
      tags,
      sizeGb,
      droplet: undefined,
      locked: false,
    };
    this.#volumes.set(volume.id, volume);
    return jsonResponse(STATUS_CODE.Created, { volume: volumeJson(volume) });
  }

  #destroyVolume(call: Call): Response {
    const { id, droplet } = find(this.#volumes, call);
    if (droplet !== undefined) {
      refuseConflict("failed to delete volume: volume is attached");
    }
    this.#volumes.delete(id);
    return done();
  }

  async #actOnVolume(call: Call): Promise<Response> {
    const volume = find(this.#volumes, call);
    return this.#beginOnVolume(volume, await readJson(call.request));
  }

  async #actOnNamedVolume({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const { volume_name: name, region } = body;
    const volume = [...this.#volumes.values()].find((volume) =>
      volume.name === name && volume.region.slug === region
    );
    return this.#beginOnVolume(volume ?? refuseUnknown(), body);
  }

  #beginOnVolume(volume: StoredVolume, body: JsonObject): Response {
    const type = textIn(body, "type");
    const finish = this.#volumeDeed(volume, type, body);
    if (volume.locked) refuseBusy("Volume");
    volume.locked = true;
    const action = this.#begin(
      `${type}_volume`,
      { id: null, type: "volume", region: volume.region },
      () => {
        volume.locked = false;
        finish();
      },
    );
    return jsonResponse(STATUS_CODE.Accepted, { action: actionJson(action) });
  }

  #volumeDeed(
    volume: StoredVolume,
    type: string,
    body: JsonObject,
  ): () => void {
    switch (type) {
      case "attach": {
        const { id, region } = this.#pickDroplet(body);
        if (volume.region !== region || volume.droplet !== undefined) {
          refuseValue("volume cannot be attached to this droplet");
        }
        return () => {
          volume.droplet = id;
        };
      }
      case "detach":
        if (volume.droplet !== toNumber(body.droplet_id)) {
          refuseValue("volume is not attached to this droplet");
        }
        return () => {
          volume.droplet = undefined;
        };
      case "resize": {
        const sizeGb = sizeIn(body);
        if (sizeGb < volume.sizeGb) refuseValue("a volume cannot shrink");
        return () => {
          volume.sizeGb = sizeGb;
        };
      }
      default:
        return refuseValue(`"${type}" is not an action`);
    }
  }

  async #snapVolume(call: Call): Promise<Response> {
    const volume = find(this.#volumes, call);
    const body = await readJson(call.request);
    const tags = listIn(body, "tags").map(checkTag);
    for (const tag of tags) this.#tags.add(tag);
    const snapshot = this.#addSnapshot(volume, textIn(body, "name"), tags);
    return jsonResponse(STATUS_CODE.Created, { snapshot });
  }

  #addSnapshot(
    volume: StoredVolume,
    name: string,
    tags: readonly string[],
  ): StoredSnapshot {
    const snapshot = {
      id: uuid(this.#nextId++, "fbe805e8-866b-11e6-96bf"),
      name,
      created_at: this.#timestamp(),
      regions: [volume.region.slug],
      resource_id: volume.id,
      resource_type: "volume",
      min_disk_size: volume.sizeGb,
      size_gigabytes: 0.1008,
      tags,
    };
    this.#snapshots.set(snapshot.id, snapshot);
    return snapshot;
  }

  #allSnapshots(): StoredSnapshot[] {
    const owners = new Map<number, number>();
    for (const { id, snapshots } of this.#droplets.values()) {
      for (const snapshot of snapshots) owners.set(snapshot, id);
    }
    const images = [...this.#images.values()].filter((image) =>
      !image.public && image.type === "snapshot"
    );
    return [
      ...images.map((image) => ({
        id: String(image.id),
        name: image.name,
        created_at: image.created_at,
        regions: image.regions,
        resource_id: String(owners.get(image.id) ?? 0),
        resource_type: "droplet",
        min_disk_size: image.min_disk_size,
        size_gigabytes: image.size_gigabytes,
        tags: image.tags,
      })),
      ...this.#snapshots.values(),
    ];
  }

  #listSnapshots(call: Call, volume?: string): Response {
    const type = call.url.searchParams.get("resource_type");
    if (type && !["droplet", "volume"].includes(type)) {
      refuseValue("Invalid resource_type");
    }
    const snapshots = this.#allSnapshots().filter((snapshot) =>
      (!type || snapshot.resource_type === type) &&
      (!volume || snapshot.resource_id === volume)
    );
    return this.#page(call, "snapshots", snapshots);
  }

  #snapshotOf({ params }: Call): StoredSnapshot {
    return this.#allSnapshots().find(({ id }) => id === params.get("id")) ??
      refuseUnknown();
  }

  // Tags

  #tagOf({ params }: Call): string {
    const tag = params.get("id") ?? "";
    return this.#tags.has(tag) ? tag : refuseUnknown();
  }

  async #createTag({ request }: Call): Promise<Response> {
    const tag = checkTag(textIn(await readJson(request), "name"));
    this.#tags.add(tag);
    return jsonResponse(STATUS_CODE.Created, { tag: this.#tagJson(tag) });
  }

  #deleteTag(call: Call): Response {
    const tag = this.#tagOf(call);
    this.#tags.delete(tag);
    for (const droplet of this.#droplets.values()) {
      droplet.tags = droplet.tags.filter((it) => it !== tag);
    }
    return done();
  }

  async #tag(call: Call, isOn: boolean): Promise<Response> {
    const tag = this.#tagOf(call);
    const body = await readJson(call.request);
    const droplets = listIn(body, "resources").map((resource) => {
      const it = (resource ?? {}) as JsonObject;
      if (it.resource_type !== "droplet") {
        refuseValue(
          `resource_type "${it.resource_type}" is not supported here`,
        );
      }
      return this.#pickDroplet(it, "resource_id");
    });
    for (const droplet of droplets) {
      const others = droplet.tags.filter((it) => it !== tag);
      droplet.tags = isOn ? [...others, tag] : others;
    }
    return done();
  }

  #tagJson(name: string) {
    let last: number | undefined;
    let count = 0;
    for (const { id, tags } of this.#droplets.values()) {
      if (!tags.includes(name)) continue;
      count++;
      last = id;
    }
    const counted = {
      count,
      ...(last === undefined
        ? {}
        : { last_tagged_uri: `${this.#options.baseUrl}/v2/droplets/${last}` }),
    };
    return {
      name,
      resources: {
        ...counted,
        droplets: counted,
        images: { count: 0 },
        volumes: { count: 0 },
        volume_snapshots: { count: 0 },
        databases: { count: 0 },
      },
    };
  }

  // Reserved addresses

  #reservedIpRoutes(name: string): Record<string, Handler> {
    const path = `/v2/${name}s`;
    const all = () => [...this.#reservedIps.values()];
    const toJson = (it: ReservedIp) => this.#reservedIpJson(it);
    return {
      [`GET ${path}`]: (call) => this.#page(call, `${name}s`, all(), toJson),
      [`POST ${path}`]: (call) => this.#createReservedIp(call, name),
      [`GET ${path}/{id}`]: (call) =>
        ok({ [name]: toJson(find(this.#reservedIps, call)) }),
      [`DELETE ${path}/{id}`]: (call) => {
        this.#reservedIps.delete(find(this.#reservedIps, call).ip);
        return done();
      },
      [`POST ${path}/{id}/actions`]: (call) => this.#actOnReservedIp(call),
    };
  }

  async #createReservedIp({ request }: Call, name: string): Promise<Response> {
    const body = await readJson(request);
    const droplet = body.droplet_id === undefined
      ? undefined
      : this.#pickDroplet(body);
    const region = droplet?.region ?? pick(REGIONS, body.region, "region");
    const reserved = this.#addReservedIp(region);
    const links = droplet === undefined ? {} : {
      droplets: [
        {
          id: droplet.id,
          rel: "droplet",
          href: `${this.#options.baseUrl}/v2/droplets/${droplet.id}`,
        },
      ],
      actions: [this.#link(this.#assign(reserved, droplet.id), "assign_ip")],
    };
    const json = this.#reservedIpJson(reserved);
    return jsonResponse(STATUS_CODE.Accepted, { [name]: json, links });
  }

  #addReservedIp(region: Region): ReservedIp {
    let number = 1;
    // The addresses for documentation that no droplet gets.
    const ip = () => `198.51.100.${number}`;
    while (this.#reservedIps.has(ip())) number++;
    if (number > 254) refuseValue("there are no more addresses");
    const reserved = { ip: ip(), region, droplet: undefined, locked: false };
    this.#reservedIps.set(reserved.ip, reserved);
    return reserved;
  }

  #assign(reserved: ReservedIp, droplet: number | undefined): Action {
    if (reserved.locked) refuseBusy("Reserved IP");
    reserved.locked = true;
    return this.#begin(
      droplet === undefined ? "unassign_ip" : "assign_ip",
      {
        id: ipNumber(reserved.ip),
        type: "reserved_ip",
        region: reserved.region,
      },
      () => {
        reserved.locked = false;
        reserved.droplet = droplet;
      },
    );
  }

  async #actOnReservedIp(call: Call): Promise<Response> {
    const reserved = find(this.#reservedIps, call);
    const body = await readJson(call.request);
    const type = textIn(body, "type");
    if (type !== "assign" && type !== "unassign") {
      refuseValue(`"${type}" is not an action`);
    }
    const droplet = type === "assign" ? this.#pickDroplet(body) : undefined;
    if (droplet && droplet.region !== reserved.region) {
      refuseValue("The droplet is in another region.");
    }
    const action = actionJson(this.#assign(reserved, droplet?.id));
    return jsonResponse(STATUS_CODE.Created, {
      action: { ...action, project_id: PROJECT },
    });
  }

  #reservedIpJson({ ip, region, droplet: id, locked }: ReservedIp) {
    const droplet = id === undefined ? undefined : this.#droplets.get(id);
    return {
      ip,
      region,
      droplet: droplet ? this.#dropletJson(droplet) : null,
      locked,
      project_id: PROJECT,
    };
  }

  // Firewalls

  async #createFirewall({ request }: Call): Promise<Response> {
    const body = await readJson(request);
    const name = textIn(body, "name");
    for (const { name: taken } of this.#firewalls.values()) {
      if (name === taken) refuseConflict("duplicate name");
    }
    const droplets = listIn(body, "droplet_ids").map((id) =>
      this.#pickDroplet({ id }, "id").id
    );
    const firewall = this.#addFirewall(name, droplets, {
      inbound: listIn(body, "inbound_rules"),
      outbound: listIn(body, "outbound_rules"),
      tags: listIn(body, "tags").map(checkTag),
    });
    return jsonResponse(STATUS_CODE.Accepted, {
      firewall: firewallJson(firewall),
    });
  }

  #addFirewall(
    name: string,
    droplets: readonly number[],
    rest: Pick<Firewall, "inbound" | "outbound" | "tags">,
  ): Firewall {
    const firewall = {
      id: uuid(this.#nextId++, "bb4b2611-3d72-467b-8602"),
      name,
      createdAt: this.#timestamp(),
      droplets: new Set(droplets),
      ...rest,
    };
    this.#firewalls.set(firewall.id, firewall);
    return firewall;
  }

  async #protect(
    call: Call,
    change: (droplets: Set<number>, id: number) => void,
  ): Promise<Response> {
    const { droplets } = find(this.#firewalls, call);
    const body = await readJson(call.request);
    const ids = listIn(body, "droplet_ids").map((id) =>
      this.#pickDroplet({ id }, "id").id
    );
    for (const id of ids) change(droplets, id);
    return done();
  }

  // Beginnings

  #seed(nodes: number): void {
    this.#keys.set(SEEDED_KEY.id, { ...SEEDED_KEY });
    this.#tags.add("web");
    const images = IMAGES.map(({ id }) => this.#images.get(id) as Image);
    const sizes = SIZES.filter((size) => size.available && size.disk > 20);
    const regions = REGIONS.filter((region) => region.available);
    const features = [
      ["private_networking"],
      ["backups", "private_networking", "ipv6"],
    ];
    for (let index = 0; index < nodes; index++) {
      const size = sizes[index % sizes.length] as Size;
      const region = regions[index % regions.length] as Region;
      const id = this.#nextId++;
      this.#droplets.set(id, {
        id,
        name: `node-${index + 1}.example.com`,
        size,
        disk: size.disk,
        image: images[index % images.length] as Image,
        region,
        status: "active",
        locked: false,
        createdAt: SEEDED_TIME,
        features: features[index % 2] as string[],
        tags: index === 0 ? ["web"] : [],
        vpc: vpcOf(region),
        address: this.#addressed++,
        snapshots: [],
      });
    }
    const [first] = this.#droplets.values();
    if (!first) return;
    this.#snapDroplet(first, "first-snapshot");
    const volume: StoredVolume = {
      id: uuid(this.#nextId++, "506f78a4-e098-11e5-ad9f"),
      name: "data",
      region: first.region,
      createdAt: SEEDED_TIME,
      description: "Block store for examples",
      filesystem: "ext4",
      tags: [],
      sizeGb: 10,
      droplet: first.id,
      locked: false,
    };
    this.#volumes.set(volume.id, volume);
    this.#addSnapshot(volume, "data-1", []);
    this.#addReservedIp(first.region).droplet = first.id;
    const everywhere = { addresses: ["0.0.0.0/0", "::/0"] };
    this.#addFirewall("firewall", [first.id], {
      inbound: [{ protocol: "tcp", ports: "22", sources: everywhere }],
      outbound: [{ protocol: "tcp", ports: "0", destinations: everywhere }],
      tags: [],
    });
  }

  // The provider's JSON

  #link({ id }: Action, rel: string) {
    return { id, rel, href: `${this.#options.baseUrl}/v2/actions/${id}` };
  }

  #dropletJson(droplet: Droplet) {
    const { size, address, features } = droplet;
    const hasBackups = features.includes("backups");
    const volumes: string[] = [];
    for (const { id, droplet: owner } of this.#volumes.values()) {
      if (owner === droplet.id) volumes.push(id);
    }
    return {
      id: droplet.id,
      name: droplet.name,
      memory: size.memory,
      vcpus: size.vcpus,
      disk: droplet.disk,
      disk_info: [
        { type: "local", size: { amount: droplet.disk, unit: "gib" } },
      ],
      locked: droplet.locked,
      status: droplet.status,
      kernel: null,
      created_at: droplet.createdAt,
      features,
      backup_ids: [],
      next_backup_window: hasBackups
        ? { start: "2024-03-06T00:00:00Z", end: "2024-03-06T23:00:00Z" }
        : null,
      snapshot_ids: droplet.snapshots,
      image: droplet.image,
      volume_ids: volumes,
      size,
      size_slug: size.slug,
      networks: address === undefined
        ? { v4: [], v6: [] }
        : networksOf(address, features.includes("ipv6")),
      region: droplet.region,
      tags: droplet.tags,
      vpc_uuid: droplet.vpc,
    };
  }
}

const PROJECT = "746c6152-2fa2-11ed-92d3-27aaa54e4988";

function ok(body: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, body);
}

function done(): Response {
  return new Response(null, { status: STATUS_CODE.NoContent });
}

function refuseValue(message: string): never {
  throw new Refusal(STATUS_CODE.UnprocessableEntity, message);
}

function refuseConflict(message: string): never {
  throw new Refusal(STATUS_CODE.Conflict, message);
}

function refuseBusy(what = "Droplet"): never {
  refuseValue(`${what} already has a pending event.`);
}

function refuseUnknown(): never {
  throw new Refusal(
    STATUS_CODE.NotFound,
    "The resource you were accessing could not be found.",
  );
}

function refusing<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) refuseValue(error.message);
    throw error;
  }
}

/** Finds what a path's id names. */
function find<Id, T>(
  things: ReadonlyMap<Id, T>,
  { params }: Call,
  read: (id: string) => Id = (id) => id as Id,
): T {
  return things.get(read(params.get("id") ?? "")) ?? refuseUnknown();
}

/** Finds what a slug in a body names. */
function pick<T extends { readonly slug: string }>(
  things: readonly T[],
  slug: unknown,
  field: string,
): T {
  return things.find((thing) => thing.slug === slug) ??
    refuseValue(`You specified an invalid ${field}.`);
}

/** A number, or its digits as the API writes them: "0x1" or "01" is none. */
function toNumber(id: unknown): number {
  return /^[1-9]\d{0,14}$/.test(String(id)) ? Number(id) : NaN;
}

function textIn(body: JsonObject, field: string): string {
  const value = body[field];
  return typeof value === "string" && value.trim() !== ""
    ? value
    : refuseValue(`${field} is missing or invalid`);
}

function listIn(body: JsonObject, field: string): readonly unknown[] {
  const value = body[field] ?? [];
  return Array.isArray(value) ? value : refuseValue(`${field} is not a list`);
}

function sizeIn(body: JsonObject): number {
  const value = body.size_gigabytes;
  // Libcloud sends the digits as text.
  const size = toNumber(value);
  return size >= 1 && size <= 16_384
    ? size
    : refuseValue("size_gigabytes must be from 1 to 16384");
}

function checkTag(tag: unknown): string {
  return typeof tag === "string" && TAG.test(tag)
    ? tag
    : refuseValue("a tag has letters, digits, colons, dashes and underscores");
}

function toTimestamp(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** A UUID that ends in a number. */
function uuid(number: number, prefix: string): string {
  return `${prefix}-${number.toString(16).padStart(12, "0")}`;
}

async function fingerprintOf(blob: string): Promise<string> {
  const bytes = new TextEncoder().encode(blob);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest, 0, 16)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function vpcOf({ slug }: Region): string {
  const index = REGIONS.findIndex((region) => region.slug === slug);
  return uuid(index + 1, "760e09ef-dc84-11e8-981e");
}

function vpcJson(region: Region) {
  const id = vpcOf(region);
  return {
    id,
    urn: `do:vpc:${id}`,
    name: `default-${region.slug}`,
    description: "",
    region: region.slug,
    ip_range: "10.128.0.0/9",
    default: true,
    created_at: SEEDED_TIME,
  };
}

function ipNumber(ip: string): number {
  return ip.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

function lowBytes(index: number): string {
  return `${(index >> 8) % 256}.${index % 256}`;
}

/** A private and a public address, and one of IPv6; none is anybody's. */
function networksOf(index: number, hasIpv6: boolean) {
  // The addresses for documentation first, then those for benchmarks.
  const spare = index - 252;
  const publicIp = spare < 0
    ? `203.0.113.${index + 2}`
    : `198.${18 + (spare >> 16) % 2}.${lowBytes(spare)}`;
  return {
    v4: [
      {
        ip_address: `10.${128 + (index >> 16) % 128}.${lowBytes(index)}`,
        netmask: "255.128.0.0",
        // The service writes it so.
        gateway: "nil",
        type: "private",
      },
      {
        ip_address: publicIp,
        netmask: "255.255.255.0",
        gateway: publicIp.replace(/\d+$/, "1"),
        type: "public",
      },
    ],
    v6: hasIpv6
      ? [
        {
          ip_address: `2001:db8::${(index + 2).toString(16)}`,
          netmask: 64,
          gateway: "2001:db8::1",
          type: "public",
        },
      ]
      : [],
  };
}

function actionJson(action: Action) {
  return {
    id: action.id,
    status: action.status,
    type: action.type,
    started_at: action.startedAt,
    completed_at: action.completedAt,
    resource_id: action.resourceId,
    resource_type: action.resourceType,
    region: action.region,
    region_slug: action.region.slug,
  };
}

function volumeJson(volume: StoredVolume) {
  return {
    id: volume.id,
    region: volume.region,
    droplet_ids: volume.droplet === undefined ? [] : [volume.droplet],
    name: volume.name,
    description: volume.description,
    size_gigabytes: volume.sizeGb,
    created_at: volume.createdAt,
    filesystem_type: volume.filesystem,
    filesystem_label: "",
    tags: volume.tags,
  };
}

function firewallJson(firewall: Firewall) {
  return {
    id: firewall.id,
    name: firewall.name,
    status: "succeeded",
    created_at: firewall.createdAt,
    pending_changes: [],
    droplet_ids: [...firewall.droplets],
    tags: firewall.tags,
    inbound_rules: firewall.inbound,
    outbound_rules: firewall.outbound,
  };
}
