/**
 * Users, an image, flavors and networks, made through the APIs of the services.
 *
 * @module
 */

import { authUrl, catalogue, REGION, SERVICE_USER } from "./_configuration.ts";
import type { Settings } from "./_configuration.ts";

/** A user, and the project to log in to. Both are in the domain `Default`. */
export interface OpenStackUser {
  readonly username: string;
  readonly password: string;
  readonly projectName: string;
}

/** Users that people and tests log in as. */
export const USERS = {
  /** Administrator of the cloud. */
  admin: {
    username: "admin",
    password: "admin-secret",
    projectName: "admin",
  },
  /** Ordinary user. */
  demo: { username: "demo", password: "demo-secret", projectName: "demo" },
  /** User who may not change anything. */
  readonly: {
    username: "readonly",
    password: "readonly-secret",
    projectName: "demo",
  },
} as const satisfies Record<string, OpenStackUser>;

/** Role of each user besides `admin`. */
const ROLES: readonly (readonly [user: OpenStackUser, role: string])[] = [
  [SERVICE_USER, "admin"],
  [USERS.demo, "member"],
  [USERS.readonly, "reader"],
];

/** Flavors: id, name, number of CPUs, RAM in MiB, disk in GiB. */
const FLAVORS = [
  ["1", "m1.tiny", 1, 512, 1],
  ["2", "m1.small", 1, 2048, 20],
  ["3", "m1.medium", 2, 4096, 40],
] as const;

/** JSON as the services send it. */
// deno-lint-ignore no-explicit-any -- the seeds are the test of its shape
type Json = any;

/** Requests of one user, with one token. */
export class Client {
  /** Id of the project that the token belongs to. */
  readonly projectId: string;
  readonly #token: string;

  private constructor(token: string, projectId: string) {
    this.#token = token;
    this.projectId = projectId;
  }

  /** Logs in. */
  static async login(
    url: string,
    { username, password, projectName }: OpenStackUser,
  ): Promise<Client> {
    const domain = { id: "default" };
    const user = { name: username, password, domain };
    const response = await fetch(`${url}/auth/tokens`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({
        auth: {
          identity: { methods: ["password"], password: { user } },
          scope: { project: { name: projectName, domain } },
        },
      }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`login as ${username}: ${text}`);
    const token = response.headers.get("X-Subject-Token")!;
    return new Client(token, JSON.parse(text).token.project.id);
  }

  /**
   * Sends a request.
   *
   * @throws {Error} If the service refuses it.
   */
  async request(method: string, url: string, data?: unknown): Promise<Json> {
    const isBinary = data instanceof Uint8Array;
    const response = await fetch(url, {
      method,
      headers: {
        "X-Auth-Token": this.#token,
        ...(data === undefined ? {} : {
          "Content-Type": isBinary
            ? "application/octet-stream"
            : "application/json",
        }),
      },
      body: data === undefined
        ? null
        : isBinary
        ? data as BodyInit
        : JSON.stringify(data),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${url}: ${response.status} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Creates a record: `{ [singular]: data }` in both directions. */
  async create(url: string, singular: string, data: object): Promise<Json> {
    const { [singular]: record } = await this.request("POST", url, {
      [singular]: data,
    });
    return record;
  }
}

/** Creates the users, and the endpoints of all services. */
export async function seedIdentity(settings: Settings): Promise<void> {
  const url = authUrl(settings);
  const admin = await Client.login(url, USERS.admin);
  const { roles } = await admin.request("GET", `${url}/roles`);
  const roleId = (name: string): string =>
    roles.find((role: Json) => role.name === name).id;
  const projects: Record<string, string> = {};
  for (const [{ username, password, projectName }, role] of ROLES) {
    projects[projectName] ??= (await admin.create(
      `${url}/projects`,
      "project",
      { name: projectName, domain_id: "default" },
    )).id;
    const project = projects[projectName];
    const { id } = await admin.create(`${url}/users`, "user", {
      name: username,
      password,
      domain_id: "default",
      default_project_id: project,
    });
    const grant = `projects/${project}/users/${id}/roles/${roleId(role)}`;
    await admin.request("PUT", `${url}/${grant}`);
  }
  await Promise.all(
    Object.entries(catalogue(settings)).map(async ([type, endpoint]) => {
      const data = { type, name: type };
      const { id } = await admin.create(`${url}/services`, "service", data);
      for (const side of ["public", "internal"]) {
        await admin.create(`${url}/endpoints`, "endpoint", {
          service_id: id,
          interface: side,
          region_id: REGION,
          url: endpoint,
        });
      }
    }),
  );
}

/** Uploads the image. */
export async function seedImage(admin: Client, url: string): Promise<void> {
  const { id } = await admin.request("POST", `${url}/v2/images`, {
    name: "tiny-linux",
    disk_format: "raw",
    container_format: "bare",
    visibility: "public",
    architecture: "x86_64",
    os_distro: "debian",
    os_version: "12",
    min_disk: 1,
    min_ram: 64,
  });
  const content = new Uint8Array(65_536);
  await admin.request("PUT", `${url}/v2/images/${id}/file`, content);
}

/** Creates the flavors. */
export async function seedFlavors(admin: Client, url: string): Promise<void> {
  for (const [id, name, vcpus, ram, disk] of FLAVORS) {
    await admin.create(`${url}/flavors`, "flavor", {
      id,
      name,
      vcpus,
      ram,
      disk,
    });
  }
}

/** Creates both networks, and the router between them. */
export async function seedNetworks(
  admin: Client,
  demo: Client,
  url: string,
): Promise<void> {
  const create = (singular: string, data: object, client = demo) =>
    client.create(`${url}/v2.0/${singular}s`, singular, data);
  const outside = await create("network", {
    name: "public",
    "router:external": true,
    "provider:network_type": "flat",
    "provider:physical_network": "public",
  }, admin);
  await create("subnet", {
    name: "public",
    network_id: outside.id,
    ip_version: 4,
    cidr: "203.0.113.0/24",
    enable_dhcp: false,
  }, admin);
  const inside = await create("network", { name: "private" });
  const subnet = await create("subnet", {
    name: "private",
    network_id: inside.id,
    ip_version: 4,
    cidr: "10.10.0.0/22",
  });
  const router = await create("router", {
    name: "router",
    external_gateway_info: { network_id: outside.id },
  });
  await demo.request(
    "PUT",
    `${url}/v2.0/routers/${router.id}/add_router_interface`,
    { subnet_id: subnet.id },
  );
}
