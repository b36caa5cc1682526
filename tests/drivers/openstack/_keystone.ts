/**
 * A small Keystone with one Nova, for tests of the connection: the test decides
 * each token, and when it is refused.
 *
 * @module
 */

import type { OpenStackOptions } from "../../../drivers/openstack/_connection.ts";

/** URL of the identity API. */
export const AUTH_URL = "https://keystone.example/v3";
/** URL of the compute API. */
export const COMPUTE_URL = "https://nova.example/v2.1/p1";

/** Valid credentials. */
export const CREDENTIALS = {
  authUrl: AUTH_URL,
  username: "demo",
  password: "canary-password",
  projectName: "web",
} as const satisfies OpenStackOptions;

/** An endpoint in the catalogue: type of the service, region and URL. */
export type EndpointRow = readonly [
  type: string,
  region: string,
  url: string,
  access?: string,
];

/** Settings of {@linkcode Keystone}. */
export interface KeystoneSettings {
  /** The service catalogue. */
  readonly endpoints?: readonly EndpointRow[];
  /** Responds to a login, in place of Keystone. */
  readonly login?: (count: number, request: Request) =>
    | Response
    | undefined
    | Promise<Response | undefined>;
  /** Lifetime of each token in milliseconds. */
  readonly tokenMs?: (count: number) => number;
  /** Newest microversion of Nova; `undefined` if it has none. */
  readonly newest?: string | undefined;
  /** Responds to a request to a service. */
  readonly respond?: (request: Request) => Response | Promise<Response>;
}

/** Creates a JSON response. */
export function json(body: unknown, init: ResponseInit = {}): Response {
  return Response.json(body, init);
}

/** A small Keystone with one Nova. */
export class Keystone {
  /** Requests to Keystone, as their parsed bodies. */
  readonly logins: unknown[] = [];
  /** Requests to services: method, URL and token. */
  readonly calls: string[] = [];
  /** Headers of the last request to a service. */
  headers: Headers = new Headers();
  /** Requests of the version document of Nova. */
  versions = 0;
  /** The token that services accept. */
  accepted = "token-1";
  readonly #settings: KeystoneSettings;

  constructor(settings: KeystoneSettings = {}) {
    this.#settings = settings;
  }

  readonly fetch = async (request: Request): Promise<Response> => {
    const { host, pathname } = new URL(request.url);
    if (host === "keystone.example") return await this.#login(request);
    if (/^\/v2(\.\d+)?\/$/.test(pathname)) return this.#version();
    const token = request.headers.get("x-auth-token") ?? "";
    this.calls.push(`${request.method} ${request.url} ${token}`);
    this.headers = request.headers;
    if (token !== this.accepted) {
      return json({
        error: { code: 401, title: "Unauthorized", message: "No" },
      }, {
        status: 401,
      });
    }
    return await this.#settings.respond?.(request) ?? json({});
  };

  async #login(request: Request): Promise<Response> {
    const { tokenMs = () => 3_600_000, login } = this.#settings;
    this.logins.push(await request.json());
    const count = this.logins.length;
    const response = await login?.(count, request);
    if (response) return response;
    const now = Date.now();
    const { endpoints = [["compute", "north", COMPUTE_URL]] } = this.#settings;
    return json({
      token: {
        issued_at: new Date(now).toISOString(),
        expires_at: new Date(now + tokenMs(count)).toISOString(),
        catalog: endpoints.map(([type, region, url, name = "public"]) => ({
          type,
          name: type,
          endpoints: [{
            id: "e",
            interface: name,
            region_id: region,
            region,
            url,
          }],
        })),
      },
    }, { status: 201, headers: { "x-subject-token": `token-${count}` } });
  }

  #version(): Response {
    this.versions++;
    const { newest = "2.93" } = this.#settings;
    if (!("newest" in this.#settings) || this.#settings.newest) {
      return json({
        version: { id: "v2.1", version: newest, min_version: "2.1" },
      });
    }
    return json({ itemNotFound: { code: 404, message: "No" } }, {
      status: 404,
    });
  }
}
