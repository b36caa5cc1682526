/**
 * One typed interface to many clouds, on `fetch` alone.
 *
 * This module has the interface and loads a driver when it is asked for one by
 * name. Where the provider is known, import its driver alone, such as
 * `@nephos/nephos/drivers/nephoscale`.
 *
 * ```ts
 * import { createDriver } from "@nephos/nephos";
 * import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
 *
 * const { credentials, fetch } = new NephoScaleSimulator({ nodes: 2 });
 * const cloud = await createDriver("nephoscale", { ...credentials, fetch });
 * for (const node of await cloud.listNodes()) {
 *   console.log(node.name, node.state);
 * }
 * ```
 *
 * @module
 */

export * from "./core/mod.ts";
export * from "./core/compute/mod.ts";
export * from "./drivers/registry.ts";
