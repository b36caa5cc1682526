/**
 * Errors of fleets.
 *
 * @module
 */

import { CloudError, type CloudErrorOptions } from "../errors.ts";
import type { Position } from "../listing.ts";
import type { Node } from "./records.ts";

/** Options of every {@linkcode DriverError}. */
export interface DriverErrorOptions extends CloudErrorOptions {
  /** Name of the driver in the fleet. */
  readonly driver: string;
}

/** A driver of a fleet failed; `cause` is the error of the driver. */
export class DriverError extends CloudError<DriverErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "DriverError";
  /** Name of the driver in the fleet. */
  declare readonly driver: string;
}

/** Options of every {@linkcode FleetError}. */
export interface FleetErrorOptions extends CloudErrorOptions {
  /** The errors, by the name of the driver. */
  readonly errors: Readonly<Record<string, DriverError>>;
  /** Position from which the list can be resumed; absent if it was the end. */
  readonly next?: Position | undefined;
}

/**
 * A list of a fleet is incomplete: drivers failed, or the budget of requests is
 * spent. The records that were returned before are valid.
 */
export class FleetError extends CloudError<FleetErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "FleetError";
  /** The errors, by the name of the driver. */
  declare readonly errors: Readonly<Record<string, DriverError>>;
  /**
   * If the budget was spent, the position from which the list can be resumed.
   * Drivers that failed are not requested again then.
   */
  declare readonly next: Position | undefined;
}

/** Options of every {@linkcode AmbiguousNameError}. */
export interface AmbiguousNameErrorOptions extends CloudErrorOptions {
  /** The nodes with that name. */
  readonly nodes: readonly (Node & { readonly driver: string })[];
}

/** Several nodes of a fleet have the name. */
export class AmbiguousNameError extends CloudError<AmbiguousNameErrorOptions> {
  /** Name of the class; it survives minification. */
  static override readonly kind: string = "AmbiguousNameError";
  /** The nodes with that name. */
  declare readonly nodes: readonly (Node & { readonly driver: string })[];
}
