/**
 * Compute: the interface of every driver for cloud servers.
 *
 * @module
 */

export * from "./capabilities.ts";
export * from "./cheapest.ts";
export * from "./check.ts";
export type * from "./data.ts";
export * from "./deployment.ts";
export * from "./driver.ts";
export * from "./errors.ts";
export * from "./fleet.ts";
export type { FleetCosts, NodeCosts } from "./fleet_cost.ts";
export * from "./fleet_errors.ts";
export type { FleetListing, FleetResult } from "./fleet_listing.ts";
export type { FleetPage, InFleet } from "./fleet_run.ts";
export {
  type Distribution,
  findImage,
  type FindImageOptions,
  type ImageOf,
} from "./find_image.ts";
export * from "./nodes.ts";
export * from "./price.ts";
export * from "./records.ts";
export * from "./steps.ts";
export * from "./tags.ts";
export * from "./user_data.ts";
