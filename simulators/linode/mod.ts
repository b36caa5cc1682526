/**
 * Linode as a `fetch` function: version 4 of its API with some regions, types,
 * images and StackScripts, nodes that are provisioned, boot, restart, stop,
 * grow, are rebuilt and vanish, and disks, volumes, images, keys, backups, tags
 * and events.
 *
 * Paths, fields, words and limits are those of the official description. Where
 * it is silent, this simulator chooses:
 *
 * - What is wrong with a request is HTTP 400, with the `field` where it is one.
 *   While a node is being changed it takes no other change but its deletion:
 *   HTTP 400 and "Linode busy.".
 * - A node that is resized is "migrating": the description has no "resizing".
 * - A page after the last one is empty.
 * - An image with a name, a type or a vendor that does not exist, a filter that
 *   is no JSON or asks for what cannot be filtered: HTTP 400.
 * - There is one firewall, with the id 123. Of `interfaces` only the `purpose`
 *   counts.
 * - The limit of requests is so high that no test meets it, unless one is set.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import { STATUS_CODE } from "@std/http/status";
import {
  IMAGES,
  price,
  type Region,
  REGIONS,
  type StackScript,
  STACKSCRIPTS,
  SURCHARGES,
  type Type,
  TYPES,
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

/** Settings of {@linkcode LinodeSimulator}; times are in milliseconds. */
export interface LinodeSimulatorOptions {
  /**
   * Token to accept.
   *
   * @default {"token"}
   */
  readonly token?: string | undefined;
  /**
   * Number of running nodes to begin with. With any there are a key, two
   * volumes, the first on the first node, a private image and a backup of the
   * first node as well.
   *
   * @default {0}
   */
  readonly nodes?: number | undefined;
  /**
   * Largest page that is sent, whatever was asked for.
   *
   * @default {500}
   */
  readonly largestPage?: number | undefined;
  /**
   * From the answer to a create until the node boots.
   *
   * @default {20}
   */
  readonly provisionMs?: number | undefined;
  /**
   * From the begin of a boot until the node runs.
   *
   * @default {30}
   */
  readonly bootMs?: number | undefined;
  /**
   * From the answer to any other change until it is done.
   *
   * @default {20}
   */
  readonly actionMs?: number | undefined;
  /**
   * From the answer to a delete until the node is gone.
   *
   * @default {0}
   */
  readonly destroyMs?: number | undefined;
  /**
   * Requests allowed in `windowMs`; what is more is HTTP 429.
   *
   * @default {1000000}
   */
  readonly requests?: number | undefined;
  /**
   * Period of the limit of requests.
   *
   * @default {120000}
   */
  readonly windowMs?: number | undefined;
  /**
   * The clock, in milliseconds since 1970; a test may pass its own and move
   * it. It is read when a request comes in; nothing happens in between.
   *
   * @default {Date.now}
   */
  readonly now?: (() => number) | undefined;
}

interface Disk {
  readonly id: number;
  readonly label: string;
  /** In MB. */
  size: number;
  readonly filesystem: string;
  readonly created: string;
}

interface Backup {
  readonly id: number;
  readonly label: string | null;
  readonly type: "auto" | "snapshot";
  readonly created: string;
  finished: string;
  status: "pending" | "successful";
  readonly disks: readonly Disk[];
}

interface Linode {
  readonly id: number;
  label: string;
  status: string;
  readonly region: Region;
  type: Type;
  image: string | null;
  readonly ipv4: string[];
  readonly ipv6: string;
  readonly created: string;
  updated: string;
  tags: readonly string[];
  hasUserData: boolean;
  areBackupsEnabled: boolean;
  disks: Disk[];
  readonly automatic: Backup[];
  snapshot: Backup | undefined;
  /** What is under way; a step of anything else finds that it is not. */
  task: object | undefined;
}

interface Volume {
  readonly id: number;
  readonly label: string;
  readonly region: Region;
  /** In GB. */
  size: number;
  status: string;
  linode: Linode | undefined;
  readonly created: string;
  updated: string;
  readonly tags: readonly string[];
}

interface Image {
  readonly id: string;
  label: string;
  description: string | null;
  readonly created: string;
  updated: string;
  readonly createdBy: string;
  readonly isPublic: boolean;
  readonly deprecated: boolean;
  readonly eol: string | null;
  readonly vendor: string | null;
  readonly size: number;
  status: string;
  readonly capabilities: readonly string[];
  regions: { readonly region: string; status: string }[];
  tags: readonly string[];
}

interface Deployment {
  readonly image: Image;
  readonly isBooted: boolean;
  readonly hasUserData: boolean;
}

interface Key {
  readonly id: number;
  label: string;
  readonly key: string;
  readonly created: string;
}

interface Entity {
  readonly id: number;
  readonly label: string;
  readonly type: string;
  readonly url: string;
}

interface Event {
  readonly id: number;
  readonly action: string;
  readonly created: string;
  readonly at: number;
  readonly entity: Entity | undefined;
  status: string;
  seconds: number;
}

/** What a list can be filtered by, in the words of the description. */
const FILTERS = {
  linodes: ["id", "label", "region", "image", "ipv4", "tags", "group"],
  types: ["class", "disk", "gpus", "label", "memory", "transfer", "vcpus"],
  regions: ["country", "site_type"],
  images: [
    "deprecated",
    "is_public",
    "label",
    "size",
    "status",
    "tags",
    "type",
    "vendor",
  ],
  volumes: ["label", "tags"],
  disks: ["label", "size"],
  stackscripts: ["deployments_total", "description", "is_public", "label"]
    .concat(["mine", "rev_note"]),
  events: ["action", "created", "entity", "id", "read"],
  none: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const LINODE_LABEL = /^[a-zA-Z]((?!--|__|\.\.)[a-zA-Z0-9-_.])+$/;
const VOLUME_LABEL = /^[a-zA-Z]((?!--|__)[a-zA-Z0-9-_])+$/;
const PUBLIC_KEY = /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-\S+|sk-\S+) [\w+/]+=*/;
const FIREWALL = 123;
const SWAP_MB = 512;
const SEEDED_TIME = "2018-01-01T00:01:01";
const SEEDED_KEY =
  "ssh-rsa AAAA_valid_public_ssh_key_123456785== user@their-computer";

/**
 * A Linode account in memory.
 *
 * Pass {@linkcode LinodeSimulator.fetch} to a driver and nothing touches the
 * network, or to a server and any client can use it, below `/v4`. Time passes
 * by the clock alone: nothing runs between requests, and nothing has to be
 * closed.
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
   * Answers one request, as the service would. It is bound: it can be passed
   * on as it is. It rejects only if the signal of the request has fired.
   */
  readonly fetch: (request: Request) => Promise<Response>;

  /** Token that it accepts, to hand to a driver. */
  readonly credentials: { readonly token: string };

  readonly #provisionMs: number;
  readonly #bootMs: number;
  readonly #actionMs: number;
  readonly #destroyMs: number;
  readonly #largestPage: number;
  readonly #requests: number;
  readonly #windowMs: number;
  readonly #clock: () => number;
  readonly #schedule = new Schedule();
  readonly #linodes = new Map<number, Linode>();
  readonly #volumes = new Map<number, Volume>();
  readonly #images = new Map<string, Image>();
  readonly #keys = new Map<number, Key>();
  readonly #events = new Map<number, Event>();
  readonly #tags = new Set<string>();
  #nextId = 123;
  #addressed = 0;
  #windowEnd = 0;
  #remaining = 0;

  /**
   * Creates an account.
   *
   * @param options What is in it and how fast it is.
   * @throws {RangeError} If a number is negative or not finite, or a count no
   * integer.
   */
  constructor(options: LinodeSimulatorOptions = {}) {
    const { token = "token", nodes = 0 } = options;
    this.credentials = { token };
    this.#provisionMs = toDuration("provisionMs", options.provisionMs ?? 20);
    this.#bootMs = toDuration("bootMs", options.bootMs ?? 30);
    this.#actionMs = toDuration("actionMs", options.actionMs ?? 20);
    this.#destroyMs = toDuration("destroyMs", options.destroyMs ?? 0);
    this.#windowMs = toDuration("windowMs", options.windowMs ?? 120_000);
    this.#requests = toCount("requests", options.requests ?? 1_000_000);
    this.#largestPage = toCount("largestPage", options.largestPage ?? 500);
    this.#clock = options.now ?? Date.now;
    for (const image of IMAGES) {
      this.#images.set(image.id, {
        ...image,
        description: "",
        updated: image.created,
        createdBy: "linode",
        isPublic: true,
        status: "available",
        capabilities: image.isCloudInit ? ["cloud-init"] : [],
        regions: [],
        tags: [],
      });
    }
    if (toCount("nodes", nodes, 0) > 0) this.#seed(nodes);
    this.fetch = serveRoutes({
      before: (request) => {
        this.#schedule.advance(this.#clock());
        this.#limit();
        this.#authenticate(request);
      },
      after: (headers) => {
        headers.set("X-RateLimit-Limit", `${this.#requests}`);
        headers.set("X-RateLimit-Remaining", `${this.#remaining}`);
        headers.set(
          "X-RateLimit-Reset",
          `${Math.ceil(this.#windowEnd / 1000)}`,
        );
      },
      refuse,
      routes: this.#routes(),
    });
  }

  #routes(): Record<string, Handler> {
    const linode = (call: Call) => find(this.#linodes, call);
    const volume = (call: Call) => find(this.#volumes, call);
    const key = (call: Call) => find(this.#keys, call);
    const routes: Record<string, Handler> = {
      "GET /account": () => ok(ACCOUNT),
      "GET /profile": () => ok(PROFILE),
      "GET /account/events": (call) =>
        this.#list(call, this.#events, eventJson, FILTERS.events),
      "GET /account/events/{id}": (call) =>
        ok(eventJson(find(this.#events, call))),
      "GET /regions": (call) =>
        this.#list(call, REGIONS, regionJson, FILTERS.regions),
      "GET /regions/{id}": (call) => ok(regionJson(pick(REGIONS, call))),
      "GET /linode/types": (call) =>
        this.#list(call, TYPES, typeJson, FILTERS.types),
      "GET /linode/types/{id}": (call) => ok(typeJson(pick(TYPES, call))),
      "GET /linode/stackscripts": (call) =>
        this.#list(
          call,
          STACKSCRIPTS.filter(({ isPublic }) =>
            isPublic || isKnown(call.request)
          ),
          stackScriptJson,
          FILTERS.stackscripts,
        ),
      "GET /linode/stackscripts/{id}": (call) =>
        ok(stackScriptJson(pick(STACKSCRIPTS, call))),
      "GET /tags": (call) =>
        this.#list(call, this.#tags, (label) => ({ label }), FILTERS.none),
      "GET /images": (call) =>
        this.#list(
          call,
          [...this.#images.values()].filter(({ isPublic }) =>
            isPublic || isKnown(call.request)
          ),
          imageJson,
          FILTERS.images,
        ),
      "POST /images": (call) => this.#createImage(call),
      "POST /images/{id}/regions": (call) => this.#replicateImage(call),
      "GET /images/{id}": (call) => ok(imageJson(this.#image(call))),
      "PUT /images/{id}": (call) => this.#updateImage(call),
      "DELETE /images/{id}": (call) => this.#deleteImage(call),
      "GET /profile/sshkeys": (call) =>
        this.#list(call, this.#keys, keyJson, FILTERS.none),
      "POST /profile/sshkeys": (call) => this.#createKey(call),
      "GET /profile/sshkeys/{id}": (call) => ok(keyJson(key(call))),
      "PUT /profile/sshkeys/{id}": async (call) => {
        const found = key(call);
        found.label = (await readFields(call)).text("label", 0, 64) ??
          found.label;
        return ok(keyJson(found));
      },
      "DELETE /profile/sshkeys/{id}": (call) => {
        this.#keys.delete(key(call).id);
        return ok({});
      },
      "GET /volumes": (call) =>
        this.#list(call, this.#volumes, volumeJson, FILTERS.volumes),
      "POST /volumes": (call) => this.#createVolume(call),
      "GET /volumes/{id}": (call) => ok(volumeJson(volume(call))),
      "DELETE /volumes/{id}": (call) => this.#deleteVolume(volume(call)),
      "POST /volumes/{id}/attach": (call) =>
        this.#attachVolume(call, volume(call)),
      "POST /volumes/{id}/detach": (call) => this.#detachVolume(volume(call)),
      "POST /volumes/{id}/resize": (call) =>
        this.#resizeVolume(call, volume(call)),
      "POST /volumes/{id}/clone": (call) =>
        this.#cloneVolume(call, volume(call)),
      "GET /linode/instances": (call) =>
        this.#list(call, this.#linodes, linodeJson, FILTERS.linodes),
      "POST /linode/instances": (call) => this.#createLinode(call),
      "GET /linode/instances/{id}": (call) => ok(linodeJson(linode(call))),
      "PUT /linode/instances/{id}": (call) =>
        this.#updateLinode(call, linode(call)),
      "DELETE /linode/instances/{id}": (call) =>
        this.#deleteLinode(linode(call)),
      "POST /linode/instances/{id}/boot": (call) => this.#boot(linode(call)),
      "POST /linode/instances/{id}/reboot": (call) =>
        this.#reboot(linode(call)),
      "POST /linode/instances/{id}/shutdown": (call) =>
        this.#shutDown(linode(call)),
      "POST /linode/instances/{id}/resize": (call) =>
        this.#resize(call, linode(call)),
      "POST /linode/instances/{id}/rebuild": (call) =>
        this.#rebuild(call, linode(call)),
      "POST /linode/instances/{id}/clone": (call) =>
        this.#clone(call, linode(call)),
      "POST /linode/instances/{id}/password": (call) =>
        this.#resetPassword(call, linode(call)),
      "GET /linode/instances/{id}/disks": (call) =>
        this.#list(call, linode(call).disks, diskJson, FILTERS.disks),
      "GET /linode/instances/{id}/volumes": (call) => {
        const { id } = linode(call);
        const volumes = [...this.#volumes.values()]
          .filter(({ linode }) => linode?.id === id);
        return this.#list(call, volumes, volumeJson, FILTERS.volumes);
      },
      "GET /linode/instances/{id}/backups": (call) =>
        ok(backupsJson(linode(call))),
      "POST /linode/instances/{id}/backups": (call) =>
        this.#takeBackup(call, linode(call)),
      "POST /linode/instances/{id}/backups/enable": (call) =>
        this.#enableBackups(linode(call)),
      "POST /linode/instances/{id}/backups/cancel": (call) =>
        this.#cancelBackups(linode(call)),
    };
    // One client sends the slash in the id of an image as it is.
    for (const method of ["GET", "PUT", "DELETE"]) {
      const handler = routes[`${method} /images/{id}`];
      if (handler) routes[`${method} /images/{kind}/{id}`] = handler;
    }
    return Object.fromEntries(
      Object.entries(routes).flatMap(([route, handler]) =>
        ["/v4", "/v4beta"].map((
          version,
        ) => [route.replace(" ", ` ${version}`), handler])
      ),
    );
  }

  #limit(): void {
    const now = this.#clock();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + this.#windowMs;
      this.#remaining = this.#requests;
    }
    if (this.#remaining === 0) {
      throw new Refusal(STATUS_CODE.TooManyRequests, "Too many requests", {
        "Retry-After": `${Math.ceil((this.#windowEnd - now) / 1000)}`,
      });
    }
    this.#remaining--;
  }

  #authenticate(request: Request): void {
    if (isKnown(request)) {
      if (readBearerToken(request) === this.credentials.token) return;
      throw new Refusal(STATUS_CODE.Unauthorized, "Invalid Token");
    }
    const { pathname } = new URL(request.url);
    if (request.method !== "GET" || !PUBLIC.test(pathname)) {
      throw new Refusal(STATUS_CODE.Unauthorized, "Invalid Token");
    }
  }

  #list<T>(
    { request, url }: Call,
    all: Iterable<T> | ReadonlyMap<unknown, T>,
    convert: (item: T) => JsonObject,
    filterable: readonly string[],
  ): Response {
    const items = [...all instanceof Map ? all.values() : all as Iterable<T>];
    const header = request.headers.get("X-Filter");
    try {
      const rules = {
        size: "page_size",
        min: 25,
        max: 500,
        usual: 100,
        largest: this.#largestPage,
      };
      const found = header === null
        ? undefined
        : applyFilter(items.map(convert), header, filterable);
      const { page, pages, total, items: data } = found === undefined
        ? readPage(items, url, rules)
        : readPage(found, url, rules);
      return ok({
        data: found === undefined ? (data as T[]).map(convert) : data,
        page,
        pages,
        results: total,
      });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const [field] = error.message.split(" ");
      throw new Fault(error.message, field);
    }
  }

  // Time

  #timestamp(at: number = this.#clock()): string {
    return new Date(at).toISOString().slice(0, 19);
  }

  /** What is under way from now on, or from another moment; then it ends. */
  #during(
    linode: Linode,
    status: string,
    ms: number,
    end: (at: number) => void,
    from: number = this.#clock(),
  ): void {
    const task = {};
    linode.task = task;
    linode.status = status;
    linode.updated = this.#timestamp(from);
    this.#schedule.add(from + ms, (at) => {
      if (linode.task !== task) return;
      linode.task = undefined;
      linode.updated = this.#timestamp(at);
      end(at);
    });
  }

  #begin(action: string, entity: Entity): Event {
    const event: Event = {
      id: this.#takeId(),
      action,
      created: this.#timestamp(),
      at: this.#clock(),
      entity,
      status: "started",
      seconds: 0,
    };
    this.#events.set(event.id, event);
    return event;
  }

  /** Tells of what is done at once. */
  #notify(action: string, entity: Entity): void {
    this.#begin(action, entity).status = "notification";
  }

  #finish(event: Event, at: number): void {
    event.status = "finished";
    event.seconds = (at - event.at) / 1000;
  }

  #startUp(linode: Linode, event: Event, from?: number): void {
    this.#during(linode, "booting", this.#bootMs, (at) => {
      linode.status = "running";
      this.#finish(event, at);
    }, from);
  }

  // Nodes

  async #createLinode(call: Call): Promise<Response> {
    const fields = await readFields(call);
    const region = chooseById(REGIONS, fields, "region");
    const type = chooseById(TYPES, fields, "type");
    const label = this.#newLabel(fields);
    const deployment = this.#readDeployment(fields, type);
    const firewall = fields.number("firewall_id");
    if (firewall !== undefined && firewall !== FIREWALL) {
      throw new Fault(`Firewall ${firewall} not found`, "firewall_id");
    }
    for (const each of fields.list("interfaces") ?? []) {
      const { purpose = "public" } = (each ?? {}) as { purpose?: unknown };
      if (!/^(?:public|vlan|vpc)$/.test(String(purpose))) {
        throw new Fault("Must be one of public, vlan, vpc", "interfaces");
      }
    }
    const linode = this.#addLinode(label, region, type, {
      tags: this.#readTags(fields) ?? [],
      areBackupsEnabled: fields.flag("backups_enabled") ?? false,
      hasPrivateIp: fields.flag("private_ip") ?? false,
    });
    this.#deploy(linode, deployment);
    const event = this.#begin("linode_create", entityOf(linode));
    this.#during(linode, "provisioning", this.#provisionMs, (at) => {
      if (deployment?.isBooted) return this.#startUp(linode, event, at);
      linode.status = "offline";
      this.#finish(event, at);
    });
    return ok(linodeJson(linode));
  }

  /** Reads what is to be put on the disks of a node. */
  #readDeployment(fields: Fields, type: Type): Deployment | undefined {
    const id = fields.text("image");
    const password = fields.text("root_pass");
    const data = fields.object("metadata")?.["user_data"];
    const stackScript = this.#readStackScript(fields, id);
    if (id === undefined) {
      if (stackScript) throw new Fault("image is required", "image");
      return undefined;
    }
    const image = this.#images.get(id);
    if (image?.status !== "available") {
      throw new Fault("image is not valid", "image");
    }
    if (image.size > type.disk - SWAP_MB) {
      throw new Fault("The image is too large for this type", "image");
    }
    if (password === undefined) {
      throw new Fault("root_pass is required", "root_pass");
    }
    checkStrength(password);
    for (const key of fields.texts("authorized_keys") ?? []) {
      if (!PUBLIC_KEY.test(key)) {
        throw new Fault("Invalid SSH key", "authorized_keys");
      }
    }
    for (const user of fields.texts("authorized_users") ?? []) {
      if (user !== PROFILE.username) {
        throw new Fault(`User ${user} not found`, "authorized_users");
      }
    }
    if (data !== undefined && data !== null) {
      if (!image.capabilities.includes("cloud-init")) {
        throw new Fault("The image does not support metadata", "metadata");
      }
      checkUserData(data);
    }
    return {
      image,
      isBooted: fields.flag("booted") ?? true,
      hasUserData: typeof data === "string",
    };
  }

  #readStackScript(
    fields: Fields,
    image: string | undefined,
  ): StackScript | undefined {
    const id = fields.number("stackscript_id");
    const data = fields.object("stackscript_data") ?? {};
    if (id === undefined) return undefined;
    const script = STACKSCRIPTS.find((script) => script.id === id);
    if (!script) throw new Fault("stackscript is not valid", "stackscript_id");
    const { images } = script;
    if (!images.includes("any/all") && !images.includes(image ?? "")) {
      throw new Fault("StackScript is not for this image", "stackscript_id");
    }
    for (const { name, default: usual } of script.fields) {
      if (usual === undefined && typeof data[name] !== "string") {
        throw new Fault(`${name} is required`, "stackscript_data");
      }
    }
    return script;
  }

  #deploy(
    linode: Linode,
    deployment: Deployment | undefined,
  ): void {
    if (!deployment) return;
    const { image, hasUserData } = deployment;
    linode.image = image.id;
    linode.hasUserData = hasUserData;
    const size = linode.type.disk - SWAP_MB;
    linode.disks = [
      this.#newDisk(`${image.label} Disk`, "ext4", size),
      this.#newDisk(`${SWAP_MB} MB Swap Image`, "swap", SWAP_MB),
    ];
  }

  #newDisk(label: string, filesystem: string, size: number): Disk {
    const created = this.#timestamp();
    return { id: this.#takeId(), label, filesystem, size, created };
  }

  #newLabel(fields: Fields, own?: Linode): string | undefined {
    const label = fields.text("label", 3, 64);
    if (label === undefined) return undefined;
    if (!LINODE_LABEL.test(label) || /[^a-zA-Z0-9]$/.test(label)) {
      throw new Fault(
        "Label must begin with a letter, end with a letter or a digit, and have no others but those and single dashes, underscores and dots",
        "label",
      );
    }
    for (const linode of this.#linodes.values()) {
      if (linode.label === label && linode !== own) {
        throw new Fault("Label must be unique among your linodes", "label");
      }
    }
    return label;
  }

  #readTags(fields: Fields): readonly string[] | undefined {
    const tags = fields.texts("tags");
    for (const tag of tags ?? []) {
      if (tag.length < 3 || tag.length > 50) {
        throw new Fault("Tags must be 3 to 50 characters long", "tags");
      }
    }
    for (const tag of tags ?? []) this.#tags.add(tag);
    return tags && [...new Set(tags)];
  }

  #addLinode(
    label: string | undefined,
    region: Region,
    type: Type,
    { tags = [], areBackupsEnabled = false, hasPrivateIp = false }: {
      readonly tags?: readonly string[];
      readonly areBackupsEnabled?: boolean;
      readonly hasPrivateIp?: boolean;
    },
    created: string = this.#timestamp(),
  ): Linode {
    const id = this.#takeId();
    const index = this.#addressed++;
    const linode: Linode = {
      id,
      label: label ?? `linode${id}`,
      status: "offline",
      region,
      type,
      image: null,
      ipv4: [publicIp(index), ...hasPrivateIp ? [privateIp(index)] : []],
      ipv6: `2001:db8::f03c:${(index >> 16).toString(16)}:${
        (index & 0xffff).toString(16)
      }/128`,
      created,
      updated: created,
      tags,
      hasUserData: false,
      areBackupsEnabled,
      disks: [],
      automatic: [],
      snapshot: undefined,
      task: undefined,
    };
    this.#linodes.set(id, linode);
    return linode;
  }

  async #updateLinode(call: Call, linode: Linode): Promise<Response> {
    const fields = await readFields(call);
    const label = this.#newLabel(fields, linode);
    const tags = this.#readTags(fields);
    linode.label = label ?? linode.label;
    linode.tags = tags ?? linode.tags;
    linode.updated = this.#timestamp();
    this.#notify("linode_update", entityOf(linode));
    return ok(linodeJson(linode));
  }

  #deleteLinode(linode: Linode): Response {
    if (linode.status === "deleting") throw busy();
    const event = this.#begin("linode_delete", entityOf(linode));
    this.#during(linode, "deleting", this.#destroyMs, (at) => {
      this.#linodes.delete(linode.id);
      for (const volume of this.#volumes.values()) {
        if (volume.linode === linode) volume.linode = undefined;
      }
      this.#finish(event, at);
    });
    return ok({});
  }

  #boot(linode: Linode): Response {
    requireIdle(linode);
    if (linode.status === "running") throw new Fault("Linode already booted.");
    if (linode.disks.length === 0) throw new Fault("Linode has no disks.");
    this.#startUp(linode, this.#begin("linode_boot", entityOf(linode)));
    return ok({});
  }

  #reboot(linode: Linode): Response {
    requireIdle(linode);
    if (linode.status !== "running") throw new Fault("Linode is not running.");
    const event = this.#begin("linode_reboot", entityOf(linode));
    this.#during(linode, "rebooting", this.#actionMs, (at) => {
      linode.status = "running";
      this.#finish(event, at);
    });
    return ok({});
  }

  #shutDown(linode: Linode): Response {
    requireIdle(linode);
    if (linode.status !== "running") throw new Fault("Linode is not running.");
    const event = this.#begin("linode_shutdown", entityOf(linode));
    this.#during(linode, "shutting_down", this.#actionMs, (at) => {
      linode.status = "offline";
      this.#finish(event, at);
    });
    return ok({});
  }

  async #resize(call: Call, linode: Linode): Promise<Response> {
    const fields = await readFields(call);
    const type = chooseById(TYPES, fields, "type");
    const grows = fields.flag("allow_auto_disk_resize") ?? true;
    const migration = fields.text("migration_type") ?? "cold";
    if (!/^(?:cold|warm)$/.test(migration)) {
      throw new Fault("Must be one of warm, cold", "migration_type");
    }
    requireIdle(linode);
    if (type === linode.type) {
      throw new Fault("Linode is already on this plan", "type");
    }
    const used = linode.disks.reduce((sum, { size }) => sum + size, 0);
    if (used > type.disk) {
      throw new Fault(
        "The current disk size of your Linode is too large for the new service plan. Please resize your disk to accommodate the new plan.",
      );
    }
    const { status } = linode;
    const event = this.#begin("linode_resize", entityOf(linode));
    this.#during(linode, "migrating", this.#actionMs, (at) => {
      const [disk, ...rest] = linode.disks.filter(({ filesystem }) =>
        filesystem !== "swap"
      );
      if (grows && disk && rest.length === 0) disk.size += type.disk - used;
      linode.type = type;
      linode.status = status;
      this.#finish(event, at);
    });
    return ok({});
  }

  async #rebuild(call: Call, linode: Linode): Promise<Response> {
    const deployment = this.#readDeployment(
      await readFields(call),
      linode.type,
    );
    if (!deployment) throw new Fault("image is required", "image");
    requireIdle(linode);
    this.#deploy(linode, deployment);
    const event = this.#begin("linode_rebuild", entityOf(linode));
    this.#during(linode, "rebuilding", this.#actionMs, (at) => {
      if (deployment.isBooted) return this.#startUp(linode, event, at);
      linode.status = "offline";
      this.#finish(event, at);
    });
    return ok(linodeJson(linode));
  }

  async #clone(call: Call, linode: Linode): Promise<Response> {
    const fields = await readFields(call);
    const choose = <T extends { readonly id: string }>(
      all: readonly T[],
      field: string,
      usual: T,
    ) =>
      fields.text(field) === undefined ? usual : chooseById(all, fields, field);
    const region = choose(REGIONS, "region", linode.region);
    const type = choose(TYPES, "type", linode.type);
    const label = this.#newLabel(fields);
    requireIdle(linode);
    const { tags } = linode;
    const clone = this.#addLinode(label, region, type, { tags });
    clone.image = linode.image;
    clone.disks = linode.disks.map((disk) => ({ ...disk, id: this.#takeId() }));
    const event = this.#begin("linode_clone", entityOf(linode));
    this.#during(clone, "provisioning", this.#provisionMs, (at) => {
      clone.status = "offline";
      this.#finish(event, at);
    });
    return ok(linodeJson(clone));
  }

  async #resetPassword(call: Call, linode: Linode): Promise<Response> {
    const password = (await readFields(call)).requiredText("root_pass");
    checkStrength(password);
    requireIdle(linode);
    if (linode.status !== "offline") throw new Fault("Linode is not offline.");
    this.#notify("linode_update", entityOf(linode));
    return ok({});
  }

  // Backups

  async #takeBackup(call: Call, linode: Linode): Promise<Response> {
    const label = (await readFields(call)).requiredText("label", 1, 255);
    requireIdle(linode);
    if (!linode.areBackupsEnabled) {
      throw new Fault("Backups are not enabled for this Linode.");
    }
    const event = this.#begin("linode_snapshot", entityOf(linode));
    const backup = this.#newBackup(linode, label, "snapshot");
    linode.snapshot = backup;
    this.#schedule.add(this.#clock() + this.#actionMs, (at) => {
      backup.status = "successful";
      backup.finished = this.#timestamp(at);
      this.#finish(event, at);
    });
    return ok(backupJson(backup));
  }

  #newBackup(
    { disks }: Linode,
    label: string | null,
    type: Backup["type"],
  ): Backup {
    const created = this.#timestamp();
    const status = "pending";
    const id = this.#takeId();
    return { id, label, type, created, finished: created, status, disks };
  }

  #enableBackups(linode: Linode): Response {
    if (linode.areBackupsEnabled) throw new Fault("Backups already enabled.");
    linode.areBackupsEnabled = true;
    this.#notify("backups_enable", entityOf(linode));
    return ok({});
  }

  #cancelBackups(linode: Linode): Response {
    if (!linode.areBackupsEnabled) throw new Fault("Backups not enabled.");
    linode.areBackupsEnabled = false;
    linode.automatic.length = 0;
    linode.snapshot = undefined;
    this.#notify("backups_cancel", entityOf(linode));
    return ok({});
  }

  // Images

  #image({ params }: Call): Image {
    const kind = params.get("kind");
    const id = (kind === undefined ? "" : `${kind}/`) + params.get("id");
    const image = this.#images.get(id);
    if (!image) throw notFound();
    return image;
  }

  #ownImage(call: Call): Image {
    const image = this.#image(call);
    if (image.isPublic) throw new Refusal(STATUS_CODE.Forbidden, "Forbidden");
    return image;
  }

  async #createImage(call: Call): Promise<Response> {
    const fields = await readFields(call);
    const diskId = fields.requiredNumber("disk_id");
    const linode = [...this.#linodes.values()].find(({ disks }) =>
      disks.some(({ id }) => id === diskId)
    );
    const disk = linode?.disks.find(({ id }) => id === diskId);
    if (!linode || !disk) throw new Fault("disk_id is not valid", "disk_id");
    const label = fields.text("label") ?? disk.label;
    const description = fields.text("description") ?? null;
    const tags = this.#readTags(fields) ?? [];
    const image = this.#addImage(label, linode, disk, description, tags);
    const event = this.#begin("disk_imagize", entityOf(linode));
    this.#schedule.add(this.#clock() + this.#actionMs, (at) => {
      image.status = "available";
      for (const copy of image.regions) copy.status = "available";
      image.updated = this.#timestamp(at);
      this.#finish(event, at);
    });
    return ok(imageJson(image));
  }

  #addImage(
    label: string,
    linode: Linode,
    disk: Disk,
    description: string | null,
    tags: readonly string[],
  ): Image {
    const created = this.#timestamp();
    const base = this.#images.get(linode.image ?? "");
    const image: Image = {
      id: `private/${this.#takeId()}`,
      label,
      description,
      created,
      updated: created,
      createdBy: PROFILE.username,
      isPublic: false,
      deprecated: false,
      eol: null,
      vendor: null,
      size: Math.min(disk.size, base?.size ?? disk.size),
      status: "creating",
      capabilities: base?.capabilities ?? [],
      regions: [{ region: linode.region.id, status: "creating" }],
      tags,
    };
    this.#images.set(image.id, image);
    return image;
  }

  async #updateImage(call: Call): Promise<Response> {
    const image = this.#ownImage(call);
    const fields = await readFields(call);
    image.label = fields.text("label") ?? image.label;
    image.description = fields.text("description") ?? image.description;
    image.tags = this.#readTags(fields) ?? image.tags;
    image.updated = this.#timestamp();
    return ok(imageJson(image));
  }

  async #replicateImage(call: Call): Promise<Response> {
    const image = this.#ownImage(call);
    const wanted = (await readFields(call)).texts("regions") ?? [];
    for (const id of wanted) {
      if (!REGIONS.some((region) => region.id === id)) {
        throw new Fault(`${id} is not valid`, "regions");
      }
    }
    const kept = image.regions.filter(({ region }) => wanted.includes(region));
    if (!kept.some(({ status }) => status === "available")) {
      throw new Fault(
        "At least one region where the image is available must stay",
        "regions",
      );
    }
    const added = wanted
      .filter((id) => !image.regions.some(({ region }) => region === id))
      .map((region) => ({ region, status: "pending replication" }));
    // What is left out is deleted there.
    image.regions = [...kept, ...added];
    this.#schedule.add(this.#clock() + this.#actionMs, () => {
      for (const copy of added) copy.status = "available";
    });
    return ok(imageJson(image));
  }

  #deleteImage(call: Call): Response {
    this.#images.delete(this.#ownImage(call).id);
    return ok({});
  }

  // Keys

  async #createKey(call: Call): Promise<Response> {
    const fields = await readFields(call);
    const label = fields.requiredText("label", 0, 64);
    const key = fields.requiredText("ssh_key").trim();
    if (!PUBLIC_KEY.test(key)) throw new Fault("Invalid SSH key", "ssh_key");
    const added = this.#addKey(label, key);
    return ok(keyJson(added));
  }

  #addKey(label: string, key: string): Key {
    const id = this.#takeId();
    const added = { id, label, key, created: this.#timestamp() };
    this.#keys.set(id, added);
    return added;
  }

  // Volumes

  async #createVolume(call: Call): Promise<Response> {
    const fields = await readFields(call);
    const label = this.#newVolumeLabel(fields);
    const size = readSize(fields, 20);
    const linode = this.#readLinode(fields);
    const region = linode && fields.text("region") === undefined
      ? linode.region
      : chooseById(REGIONS, fields, "region");
    requireVolumes(region);
    if (linode && linode.region !== region) {
      throw new Fault("Volume and Linode must be in one region", "linode_id");
    }
    const tags = this.#readTags(fields) ?? [];
    return ok(volumeJson(this.#makeVolume(label, region, size, linode, tags)));
  }

  #makeVolume(
    label: string,
    region: Region,
    size: number,
    linode: Linode | undefined,
    tags: readonly string[],
  ): Volume {
    const volume = this.#addVolume(label, region, size, linode, tags);
    volume.status = "creating";
    this.#change(volume, "volume_create");
    return volume;
  }

  #addVolume(
    label: string,
    region: Region,
    size: number,
    linode: Linode | undefined,
    tags: readonly string[],
  ): Volume {
    const created = this.#timestamp();
    const volume: Volume = {
      id: this.#takeId(),
      label,
      region,
      size,
      status: "active",
      linode,
      created,
      updated: created,
      tags,
    };
    this.#volumes.set(volume.id, volume);
    return volume;
  }

  /** Begins a change of a volume, which ends with it being active. */
  #change(volume: Volume, action: string): void {
    const event = this.#begin(action, volumeEntity(volume));
    this.#schedule.add(this.#clock() + this.#actionMs, (at) => {
      volume.status = "active";
      volume.updated = this.#timestamp(at);
      this.#finish(event, at);
    });
  }

  #newVolumeLabel(fields: Fields): string {
    const label = fields.requiredText("label", 1, 32);
    if (!VOLUME_LABEL.test(label)) {
      throw new Fault("Label has characters that it cannot have", "label");
    }
    for (const volume of this.#volumes.values()) {
      if (volume.label === label) {
        throw new Fault("Label must be unique among your volumes", "label");
      }
    }
    return label;
  }

  #readLinode(fields: Fields): Linode | undefined {
    const id = fields.number("linode_id");
    if (id === undefined) return undefined;
    const linode = this.#linodes.get(id);
    if (!linode) throw new Fault("linode_id is not valid", "linode_id");
    return linode;
  }

  async #attachVolume(call: Call, volume: Volume): Promise<Response> {
    const fields = await readFields(call);
    const linode = this.#readLinode(fields);
    if (!linode) throw new Fault("linode_id is required", "linode_id");
    requireActive(volume);
    if (volume.linode) throw new Fault("Volume is already attached");
    if (linode.region !== volume.region) {
      throw new Fault("Volume and Linode must be in one region", "linode_id");
    }
    volume.linode = linode;
    this.#notify("volume_attach", volumeEntity(volume));
    return ok(volumeJson(volume));
  }

  #detachVolume(volume: Volume): Response {
    requireActive(volume);
    if (!volume.linode) throw new Fault("Volume is not attached");
    volume.linode = undefined;
    this.#notify("volume_detach", volumeEntity(volume));
    return ok({});
  }

  async #resizeVolume(call: Call, volume: Volume): Promise<Response> {
    const size = readSize(await readFields(call));
    requireActive(volume);
    if (size <= volume.size) {
      throw new Fault("Volumes can only be resized up", "size");
    }
    volume.size = size;
    volume.status = "resizing";
    this.#change(volume, "volume_resize");
    return ok(volumeJson(volume));
  }

  async #cloneVolume(call: Call, volume: Volume): Promise<Response> {
    const label = this.#newVolumeLabel(await readFields(call));
    requireActive(volume);
    const { region, size, tags } = volume;
    const clone = this.#makeVolume(label, region, size, undefined, tags);
    return ok(volumeJson(clone));
  }

  #deleteVolume(volume: Volume): Response {
    if (volume.linode) {
      throw new Fault("Volume must be detached before it can be deleted.");
    }
    this.#volumes.delete(volume.id);
    this.#notify("volume_delete", volumeEntity(volume));
    return ok({});
  }

  // Beginnings

  #seed(nodes: number): void {
    this.#tags.add("web-server");
    const images = IMAGES.filter(({ isCloudInit }) => isCloudInit);
    for (let index = 0; index < nodes; index++) {
      const linode = this.#addLinode(
        `node-${index + 1}`,
        REGIONS[(index + 5) % REGIONS.length]!,
        TYPES[index % TYPES.length]!,
        {
          tags: index % 2 ? [] : ["web-server"],
          areBackupsEnabled: index === 0,
          hasPrivateIp: index % 2 === 0,
        },
        SEEDED_TIME,
      );
      const id = images[index % images.length]!.id;
      const image = this.#images.get(id)!;
      this.#deploy(linode, { image, isBooted: true, hasUserData: false });
      linode.status = "running";
    }
    this.#addKey("My SSH Key", SEEDED_KEY);
    const [first] = this.#linodes.values() as Iterable<Linode>;
    if (!first) return;
    this.#notify("linode_create", entityOf(first));
    const { region, disks } = first;
    this.#addVolume("my-volume", region, 30, first, ["web-server"]);
    this.#addVolume("spare", region, 20, undefined, []);
    const image = this.#addImage("golden", first, disks[0]!, null, []);
    image.status = "available";
    for (const copy of image.regions) copy.status = "available";
    const backup = this.#newBackup(first, null, "auto");
    backup.status = "successful";
    first.automatic.push(backup);
  }

  #takeId(): number {
    return this.#nextId++;
  }
}

/** A refusal that may name the field that is wrong. */
class Fault extends Refusal {
  constructor(reason: string, readonly field?: string) {
    super(STATUS_CODE.BadRequest, reason);
  }
}

/** Fields of a body, asked for by what they have to be; `null` is none. */
class Fields {
  readonly #values: JsonObject;

  constructor(values: JsonObject) {
    this.#values = values;
  }

  #read<T>(
    name: string,
    kind: string,
    isKind: (value: unknown) => value is T,
  ): T | undefined {
    const value = Object.hasOwn(this.#values, name)
      ? this.#values[name] ?? undefined
      : undefined;
    if (value === undefined || isKind(value)) return value;
    throw new Fault(`${name} must be ${kind}`, name);
  }

  text(name: string, min = 1, max = 65_535): string | undefined {
    const text = this.#read(name, "a string", isText);
    if (text === undefined) return undefined;
    if (text.length >= min && text.length <= max) return text;
    throw new Fault(`Length must be ${min}-${max} characters`, name);
  }

  requiredText(name: string, min?: number, max?: number): string {
    return this.#required(name, this.text(name, min, max));
  }

  number(name: string): number | undefined {
    return this.#read(name, "an integer", isInteger);
  }

  requiredNumber(name: string): number {
    return this.#required(name, this.number(name));
  }

  flag(name: string): boolean | undefined {
    return this.#read(name, "a boolean", isBoolean);
  }

  list(name: string): readonly unknown[] | undefined {
    return this.#read(name, "an array", Array.isArray);
  }

  texts(name: string): readonly string[] | undefined {
    const list = this.list(name);
    if (list === undefined || list.every(isText)) return list;
    throw new Fault(`${name} must be an array of strings`, name);
  }

  object(name: string): JsonObject | undefined {
    return this.#read(name, "an object", isObject);
  }

  #required<T>(name: string, value: T | undefined): T {
    if (value !== undefined) return value;
    throw new Fault(`${name} is required`, name);
  }
}

const ACCOUNT = {
  company: "Example Ltd",
  email: "me@example.com",
  first_name: "Jo",
  last_name: "Example",
  address_1: "1 Example Street",
  address_2: "",
  city: "Philadelphia",
  state: "PA",
  zip: "19102",
  country: "US",
  phone: "215-555-0100",
  tax_id: "",
  balance: 200,
  balance_uninvoiced: 145,
  active_since: SEEDED_TIME,
  billing_source: "linode",
  capabilities: ["Linodes", "Block Storage"],
  euuid: "E1AF5EEC-526F-487D-B317EBEB34C87D71",
  credit_card: null,
  active_promotions: [],
} as const;

const PROFILE = {
  username: "myuser",
  email: "me@example.com",
  timezone: "GMT",
  email_notifications: true,
  restricted: false,
  two_factor_auth: false,
  lish_auth_method: "keys_only",
  authorized_keys: [],
  referrals: { code: "", completed: 0, credit: 0, pending: 0, total: 0 },
} as const;

// Lists that need no token.
const PUBLIC =
  /^\/v4(?:beta)?\/(?:regions|images|linode\/(?:types|stackscripts))(?:\/|$)/;

/** Whether a request comes with credentials, right or wrong. */
function isKnown(request: Request): boolean {
  return request.headers.has("Authorization");
}

async function readFields({ request }: Call): Promise<Fields> {
  return new Fields(await readJson(request));
}

function readSize(fields: Fields, usual?: number): number {
  const size = fields.number("size") ?? usual;
  if (size === undefined) throw new Fault("size is required", "size");
  if (size >= 10 && size <= 10_240) return size;
  throw new Fault("Must be 10-10240", "size");
}

function checkStrength(password: string): void {
  if (password.length < 7 || password.length > 128) {
    throw new Fault("Length must be 7-128 characters", "root_pass");
  }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/]
    .filter((kind) => kind.test(password));
  if (kinds.length < 2 || new Set(password).size < 6) {
    throw new Fault("Password does not meet strength requirement", "root_pass");
  }
}

function checkUserData(data: unknown): void {
  let bytes: number | undefined;
  try {
    bytes = isText(data) ? decodeBase64(data).byteLength : undefined;
  } catch {
    bytes = undefined;
  }
  if (bytes === undefined) {
    throw new Fault("user_data must be base64-encoded", "metadata.user_data");
  }
  if (bytes > 65_535) {
    throw new Fault("user_data is too long", "metadata.user_data");
  }
}

function requireIdle(linode: Linode): void {
  if (linode.task !== undefined) throw busy();
}

function requireActive(volume: Volume): void {
  if (volume.status !== "active") throw new Fault("Volume is not active");
}

function requireVolumes({ capabilities }: Region): void {
  if (capabilities.includes("Block Storage")) return;
  throw new Fault("This region has no Block Storage", "region");
}

function busy(): Fault {
  return new Fault("Linode busy.");
}

function notFound(): Refusal {
  return new Refusal(STATUS_CODE.NotFound, "Not found");
}

/** Finds what a path's id names. */
function find<T>(things: ReadonlyMap<number, T>, { params }: Call): T {
  const id = params.get("id") ?? "";
  const thing = /^[1-9]\d{0,14}$/.test(id) ? things.get(Number(id)) : undefined;
  if (thing === undefined) throw notFound();
  return thing;
}

/** Finds what a path's id names in a list. */
function pick<T extends { readonly id: string | number }>(
  things: readonly T[],
  { params }: Call,
): T {
  const thing = things.find(({ id }) => String(id) === params.get("id"));
  if (thing === undefined) throw notFound();
  return thing;
}

/** Finds what a field names. */
function chooseById<T extends { readonly id: string }>(
  things: readonly T[],
  fields: Fields,
  field: string,
): T {
  const wanted = fields.requiredText(field);
  const thing = things.find(({ id }) => id === wanted);
  if (thing === undefined) throw new Fault(`${field} is not valid`, field);
  return thing;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Filters

function applyFilter(
  items: readonly JsonObject[],
  header: string,
  filterable: readonly string[],
): readonly JsonObject[] {
  let filter: unknown;
  try {
    filter = JSON.parse(header);
  } catch {
    throw new Fault("Cannot parse X-Filter");
  }
  if (!isObject(filter)) throw new Fault("X-Filter must be an object");
  const { "+order_by": by, "+order": order = "asc", ...rest } = filter;
  const found = items.filter((item) => fits(item, rest, filterable));
  if (by === undefined) return found;
  const sign = order === "desc" ? -1 : 1;
  const key = (item: JsonObject) => valueAt(item, String(by));
  // Of two of the same second, the later one has the higher id.
  return found.sort((a, b) =>
    sign * (compare(key(a), key(b)) || compare(a["id"], b["id"]))
  );
}

function fits(
  item: JsonObject,
  filter: JsonObject,
  filterable: readonly string[],
): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    if (name === "+and" || name === "+or") {
      const parts = Array.isArray(wanted) ? wanted.filter(isObject) : [];
      const fitsPart = (part: JsonObject) => fits(item, part, filterable);
      return name === "+and" ? parts.every(fitsPart) : parts.some(fitsPart);
    }
    if (!filterable.includes(name.split(".")[0] ?? "")) {
      throw new Fault(`Cannot filter by ${name}`);
    }
    return [valueAt(item, name)].flat().some((value) =>
      isObject(wanted)
        ? Object.entries(wanted).every(([operator, operand]) =>
          holds(value, operator, operand)
        )
        : value === wanted
    );
  });
}

function holds(value: unknown, operator: string, operand: unknown): boolean {
  switch (operator) {
    case "+contains":
      return String(value).toLowerCase().includes(
        String(operand).toLowerCase(),
      );
    case "+neq":
      return value !== operand;
    case "+gt":
      return compare(value, operand) > 0;
    case "+gte":
      return compare(value, operand) >= 0;
    case "+lt":
      return compare(value, operand) < 0;
    case "+lte":
      return compare(value, operand) <= 0;
    default:
      throw new Fault(`Unknown filter operator ${operator}`);
  }
}

function valueAt(item: JsonObject, name: string): unknown {
  return name.split(".").reduce<unknown>(
    (value, key) =>
      isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined,
    item,
  );
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [one, other] = [String(a), String(b)];
  return one < other ? -1 : one > other ? 1 : 0;
}

// Addresses, none of which is anybody's

function publicIp(index: number): string {
  // The addresses for documentation first, then those for benchmarks.
  const spare = index - 254;
  return spare < 0
    ? `203.0.113.${index + 1}`
    : `198.${18 + (spare >> 16) % 2}.${(spare >> 8) % 256}.${spare % 256}`;
}

function privateIp(index: number): string {
  return `192.168.${128 + (index >> 8) % 128}.${index % 256}`;
}

// Linode's JSON

function ok(value: unknown): Response {
  return jsonResponse(STATUS_CODE.OK, value);
}

function refuse(refusal: Refusal): Response {
  const { status, message: reason, headers } = refusal;
  const field = refusal instanceof Fault ? refusal.field : undefined;
  return jsonResponse(status, { errors: [{ reason, field }] }, headers);
}

function entityOf({ id, label }: Linode): Entity {
  return { id, label, type: "linode", url: `/v4/linode/instances/${id}` };
}

function volumeEntity({ id, label }: Volume): Entity {
  return { id, label, type: "volume", url: `/v4/volumes/${id}` };
}

function regionJson({ id, label, country, capabilities }: Region) {
  return {
    capabilities,
    country,
    id,
    label,
    placement_group_limits: {
      maximum_linodes_per_flexible_pg: null,
      maximum_linodes_per_pg: 5,
      maximum_pgs_per_customer: null,
    },
    resolvers: { ipv4: "192.0.2.0,192.0.2.1", ipv6: "2001:db8::,2001:db8::1" },
    site_type: id.includes("edge") ? "distributed" : "core",
    status: "ok",
  };
}

function typeJson(type: Type) {
  const elsewhere = (monthly: number) =>
    Object.entries(SURCHARGES).map(([id, factor]) => ({
      id,
      ...price(monthly * factor),
    }));
  return {
    addons: {
      backups: {
        price: type.backups,
        region_prices: elsewhere(type.backups.monthly),
      },
    },
    class: type.class,
    disk: type.disk,
    gpus: type.gpus,
    id: type.id,
    label: type.label,
    memory: type.memory,
    network_out: type.networkOut,
    price: type.price,
    region_prices: elsewhere(type.price.monthly),
    successor: type.successor,
    transfer: type.transfer,
    vcpus: type.vcpus,
  };
}

function imageJson(image: Image) {
  return {
    capabilities: image.capabilities,
    created: image.created,
    created_by: image.createdBy,
    deprecated: image.deprecated,
    description: image.description || null,
    eol: image.eol,
    expiry: null,
    id: image.id,
    is_public: image.isPublic,
    label: image.label,
    regions: image.regions,
    size: image.size,
    status: image.status,
    tags: image.tags,
    total_size: image.size * Math.max(1, image.regions.length),
    type: "manual",
    updated: image.updated,
    vendor: image.vendor,
  };
}

function stackScriptJson(script: StackScript) {
  return {
    created: SEEDED_TIME,
    deployments_active: 1,
    deployments_total: 12,
    description: script.description,
    id: script.id,
    images: script.images,
    is_public: script.isPublic,
    label: script.label,
    mine: script.mine,
    rev_note: "",
    script: script.script,
    updated: SEEDED_TIME,
    user_defined_fields: script.fields,
    user_gravatar_id: "a445b305abda30ebc766bc7fda037c37",
    username: script.username,
  };
}

function keyJson({ id, label, key, created }: Key) {
  return { created, id, label, ssh_key: key };
}

function volumeJson(volume: Volume) {
  const { id, label, linode } = volume;
  return {
    created: volume.created,
    encryption: "disabled",
    filesystem_path: `/dev/disk/by-id/scsi-0Linode_Volume_${label}`,
    hardware_type: "nvme",
    id,
    label,
    linode_id: linode?.id ?? null,
    linode_label: linode?.label ?? null,
    region: volume.region.id,
    size: volume.size,
    status: volume.status,
    tags: volume.tags,
    updated: volume.updated,
  };
}

function diskJson({ id, label, size, filesystem, created }: Disk) {
  return {
    created,
    disk_encryption: "disabled",
    filesystem,
    id,
    label,
    size,
    status: "ready",
    updated: created,
  };
}

function linodeJson(linode: Linode) {
  const { type } = linode;
  const areEnabled = linode.areBackupsEnabled;
  return {
    alerts: {
      cpu: 90 * type.vcpus,
      io: 10_000,
      network_in: 10,
      network_out: 10,
      transfer_quota: 80,
    },
    backups: {
      available: linode.automatic.length > 0 || linode.snapshot !== undefined,
      enabled: areEnabled,
      schedule: {
        day: areEnabled ? "Scheduling" : null,
        window: areEnabled ? "Scheduling" : null,
      },
    },
    capabilities: [],
    created: linode.created,
    disk_encryption: "disabled",
    group: "",
    has_user_data: linode.hasUserData,
    host_uuid: "3a3ddd59-d9a7-8bb8-de04-1391075df44d",
    hypervisor: "kvm",
    id: linode.id,
    image: linode.image,
    interface_generation: "legacy_config",
    ipv4: linode.ipv4,
    ipv6: linode.ipv6,
    label: linode.label,
    lke_cluster_id: null,
    placement_group: null,
    region: linode.region.id,
    specs: {
      disk: type.disk,
      gpus: type.gpus,
      memory: type.memory,
      transfer: type.transfer,
      vcpus: type.vcpus,
    },
    status: linode.status,
    tags: linode.tags,
    type: type.id,
    updated: linode.updated,
    watchdog_enabled: true,
  };
}

function backupJson(backup: Backup) {
  return {
    available: backup.status === "successful",
    configs: ["My Config"],
    created: backup.created,
    disks: backup.disks.map(({ filesystem, label, size }) => ({
      filesystem,
      label,
      size,
    })),
    finished: backup.finished,
    id: backup.id,
    label: backup.label,
    status: backup.status,
    type: backup.type,
    updated: backup.finished,
  };
}

function backupsJson({ automatic, snapshot }: Linode) {
  const json = snapshot && backupJson(snapshot);
  const isDone = snapshot?.status === "successful";
  return {
    automatic: automatic.map(backupJson),
    // A property that is absent is not in the JSON.
    snapshot: {
      current: isDone ? json : undefined,
      in_progress: isDone ? undefined : json,
    },
  };
}

function eventJson(event: Event) {
  return {
    action: event.action,
    created: event.created,
    duration: event.seconds,
    entity: event.entity,
    id: event.id,
    message: null,
    percent_complete: event.status === "started" ? 50 : 100,
    rate: null,
    read: false,
    seen: false,
    status: event.status,
    time_remaining: null,
    username: PROFILE.username,
  };
}

function toDuration(name: string, value: number): number {
  if (!(Number.isFinite(value) && value >= 0)) {
    throw new RangeError(
      `Cannot create a LinodeSimulator: ${name} is ${value}, not a number from 0`,
    );
  }
  return value;
}

function toCount(name: string, value: number, min = 1): number {
  if (!(Number.isSafeInteger(value) && value >= min)) {
    throw new RangeError(
      `Cannot create a LinodeSimulator: ${name} is ${value}, not an integer from ${min}`,
    );
  }
  return value;
}
