/**
 * One typed interface to many cloud providers. It needs only `fetch`.
 *
 * This entry point exports the common API, and loads drivers on demand by
 * provider id. If you know the provider, import its driver directly, for
 * example from `@nephos/nephos/drivers/digitalocean`.
 *
 * ```ts
 * import { createDriver } from "@nephos/nephos";
 * import { DigitalOceanSimulator } from "@nephos/nephos/simulators/digitalocean";
 *
 * const { credentials, fetch } = new DigitalOceanSimulator({ nodes: 2 });
 * const cloud = await createDriver("digitalocean", { ...credentials, fetch });
 * for (const node of await cloud.listNodes()) {
 *   console.log(node.name, node.state);
 * }
 * ```
 *
 * @module
 */

export * from "./core/mod.ts";
export * from "./core/compute/mod.ts";
export * from "./drivers/dns_registry.ts";
export * from "./drivers/prices.ts";
export * from "./drivers/registry.ts";
