/**
 * What the requests to the services of OpenStack have in common: pages, lists
 * with details, and actions of servers and volumes.
 *
 * @module
 */

import {
  type ApiResponse,
  type JsonKind,
  type JsonListSettings,
  JsonResources,
  type JsonWriteOptions,
  linkedPages,
  type Listing,
  type ListOptions,
  type Ref,
} from "../../core/mod.ts";

/** The fields of a page that tell where the next one is. */
export interface PageJson {
  /** Link of Glance. */
  readonly next?: unknown;
  /** Links of the other services, such as `servers_links`. */
  readonly [field: string]: unknown;
}

interface LinkJson {
  readonly rel: string;
  readonly href: string;
}

/**
 * Paging of most lists. A server may send shorter pages. A link may name a host
 * inside the cloud; only its marker is used.
 */
export const PAGES = linkedPages<PageJson>(["marker"], toNext, {
  size: "limit",
  maxSize: 1000,
});

/** Paging of lists whose size cannot be chosen. */
export const UNSIZED_PAGES = linkedPages<PageJson>(["marker"], toNext);

// Nova: {"servers": [...], "servers_links": [{"rel": "next", "href": "..."}]}
// Glance: {"images": [...], "next": "/v2/images?marker=..."}
function toNext(body: PageJson): string | undefined {
  if (typeof body.next === "string") return body.next;
  const links = Object.entries(body).find(([name]) => name.endsWith("_links"));
  const [, all = []] = links ?? [];
  return (all as LinkJson[]).find(({ rel }) => rel === "next")?.href;
}

/** The requests of a driver to one service of OpenStack. */
export class OpenStackApi extends JsonResources<PageJson> {
  /** Lists the resources of a kind with all their fields. */
  detailsOf<Json, T>(
    operation: string,
    { path, plural, convert }: JsonKind<Json, T>,
    options: ListOptions,
    settings: JsonListSettings<PageJson, T> = {},
  ): Listing<T> {
    const details = `${path}/detail`;
    return this.list(operation, details, plural, convert, options, settings);
  }

  /** Starts an action on a server or a volume. */
  async act<Json, T>(
    operation: string,
    kind: JsonKind<Json, T>,
    ref: Ref,
    options: JsonWriteOptions,
    action: Readonly<Record<string, unknown>>,
  ): Promise<ApiResponse> {
    const path = kind.at(ref, "/action");
    return await this.send(operation, "POST", path, options, action);
  }
}
