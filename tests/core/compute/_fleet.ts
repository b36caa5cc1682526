/**
 * Small drivers for tests of fleets: accounts at Acme whose paging, login and
 * failures the test chooses.
 *
 * @module
 */

import {
  type Fetch,
  linkedPages,
  type Listing,
  type ListOptions,
  numberedPages,
  type Paging,
  SharedValue,
} from "../../../core/mod.ts";
import type { Node, NodeDriver, NodeSize } from "../../../core/compute/mod.ts";
import { ACME, AcmeConnection, FAST, json } from "../_acme.ts";

/** An account at Acme. */
export interface AcmeAccount {
  /** Names of the nodes; the ids are the same. */
  readonly nodes: readonly string[];
  /**
   * How the list is paged.
   *
   * @default {"numbered"}
   */
  readonly paging?: "numbered" | "linked" | undefined;
  /**
   * Items on the largest page.
   *
   * @default {2}
   */
  readonly pageSize?: number | undefined;
  /**
   * Appended to the token of each page, if the pages are linked.
   *
   * @default {""}
   */
  readonly padding?: string | undefined;
  /**
   * Whether a request needs a token, which another request gets.
   *
   * @default {false}
   */
  readonly hasLogin?: boolean | undefined;
  /** Sizes of the account. A node has the size with its own name. */
  readonly sizes?: readonly Omit<NodeSize, "extra">[] | undefined;
  /** Id of the location of all nodes. */
  readonly locationId?: string | undefined;
}

/** What a driver of a test does instead of responding. */
export type Intercept = (
  request: Request,
  respond: Fetch,
) => Promise<Response>;

interface PageJson {
  readonly servers: readonly string[];
  readonly total: number;
  readonly next?: string;
}

/** Connection with a login, which calls share. */
class LoginConnection extends AcmeConnection {
  readonly #token: SharedValue<unknown> | undefined;

  constructor(fetch: Fetch, hasLogin: boolean) {
    const options = { username: "me", password: "pw", retry: FAST, fetch };
    super(ACME, options);
    const identity = new AcmeConnection(ACME, options);
    this.#token = hasLogin
      ? new SharedValue(async (signal) =>
        (await identity.request("/login", { signal, method: "POST" })).object
      )
      : undefined;
  }

  protected override async addDefaultHeaders(
    headers: Headers,
    signal?: AbortSignal,
  ): Promise<void> {
    await super.addDefaultHeaders(headers);
    await this.#token?.get(signal!);
  }
}

const NUMBERED = numberedPages<PageJson>({
  page: "page",
  size: "size",
  maxSize: 1000,
  total: ({ total }) => total,
});

const LINKED = linkedPages<PageJson>(
  ["after"],
  ({ next }) => next && { after: next },
  { size: "size", maxSize: 1000 },
);

/**
 * Creates a driver for an account.
 *
 * @param account The account.
 * @param intercept Sends the requests; responds at once by default.
 * @returns The driver. It has only the methods that fleets call.
 */
export function drive(
  account: AcmeAccount,
  intercept: Intercept = (request, respond) => respond(request),
): NodeDriver {
  const respond = respondAs(account);
  const connection = new LoginConnection(
    (request) => intercept(request, respond),
    account.hasLogin ?? false,
  );
  const pages: Paging<PageJson> = account.paging === "linked"
    ? LINKED
    : NUMBERED;
  const toNode = (name: string): Node => ({
    id: name,
    name,
    state: name.startsWith("gone") ? "terminated" : "running",
    publicIps: [],
    privateIps: [],
    sizeId: name,
    locationId: account.locationId,
    tags: {},
    extra: {},
  });
  const driver = {
    provider: "acme",
    connection,
    listNodes: (options: ListOptions = {}): Listing<Node> =>
      connection.list("/servers", {
        items: ({ servers }: PageJson) => servers,
        convert: toNode,
        pages,
      }, { ...options, operation: "listNodes" }),
    listSizes: (options: ListOptions = {}): Listing<NodeSize> =>
      connection.list("/sizes", {
        items: (sizes: NodeSize[]) => sizes,
      }, { ...options, operation: "listSizes" }),
    getNode: async (id: string, options: object) => {
      const url = `/servers/${encodeURIComponent(id)}`;
      const { object } = await connection.request<string>(url, {
        ...options,
        operation: "getNode",
      });
      return toNode(object!);
    },
  };
  return driver as unknown as NodeDriver;
}

/** Responds as the provider does. */
function respondAs(account: AcmeAccount): Fetch {
  const { nodes, pageSize = 2, padding = "", sizes = [] } = account;
  return ({ url, method }) => {
    const { pathname, searchParams } = new URL(url);
    if (method === "POST") return Promise.resolve(json("to-ken"));
    if (pathname.endsWith("/sizes")) {
      return Promise.resolve(json(sizes.map((it) => ({ ...it, extra: {} }))));
    }
    if (!pathname.endsWith("/servers")) {
      const name = decodeURIComponent(pathname.replace(/^.*\//, ""));
      return Promise.resolve(
        nodes.includes(name)
          ? json(name)
          : json({ fault: { text: "unknown server" } }, { status: 404 }),
      );
    }
    const size = Math.min(Number(searchParams.get("size")), pageSize);
    const after = searchParams.get("after")?.replace(/_.*$/, "");
    const page = Number(searchParams.get("page") ?? 1);
    const start = after === undefined ? (page - 1) * size : Number(after);
    const end = start + size;
    return Promise.resolve(json({
      servers: nodes.slice(start, end),
      total: nodes.length,
      ...end < nodes.length && { next: `${end}_${padding}` },
    }));
  };
}

/** Names of nodes, such as `"a-0"` and `"a-1"`. */
export function named(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
