/**
 * User data: what a provider accepts, and the check of what a caller gives.
 *
 * @module
 */

import { checkNumber } from "../check.ts";
import type { Nodes } from "./nodes.ts";

/** What a provider takes as user data. */
export interface UserDataSupport {
  /** The most it takes, in bytes, before any encoding. */
  readonly maxBytes: number;
  /** Whether it takes any bytes, such as gzip, or text only. */
  readonly takesBytes: boolean;
}

/**
 * Nodes can be given user data, which cloud-init reads when they boot first.
 * Not a capability of its own, since it is an option and no method.
 */
export interface TakesUserData {
  /** What the provider takes. */
  readonly userDataSupport: UserDataSupport;
}

/**
 * Tells whether a driver takes user data, and narrows its type.
 *
 * ```ts
 * import { type Deployment, type NodeDriver, takesUserData } from "@nephos/nephos";
 * import { cloudInit } from "@nephos/nephos/cloud-init";
 *
 * async function deploy(driver: NodeDriver, deploy: Deployment): Promise<void> {
 *   if (!takesUserData(driver)) throw new Error("Choose another provider");
 *   const [size] = await driver.listSizes();
 *   const [image] = await driver.listImages();
 *   if (!size || !image) return;
 *   const via = cloudInit();
 *   await driver.deployNode({ name: "web-1", size, image, deploy, via });
 * }
 * ```
 *
 * @typeParam D The driver, as far as it is known.
 * @param driver Any driver.
 * @returns Whether the provider takes it.
 */
export function takesUserData<D extends Nodes>(
  driver: D,
): driver is D & TakesUserData {
  return (driver as Partial<TakesUserData>).userDataSupport !== undefined;
}

/**
 * Checks user data that a caller gave, and never shows it.
 *
 * @param userData What the caller gave, if anything.
 * @param support What the provider takes.
 * @throws {TypeError} If the provider does not take its kind.
 * @throws {RangeError} If it is more than the provider takes.
 */
export function checkUserData(
  userData: unknown,
  { maxBytes, takesBytes }: UserDataSupport,
): void {
  if (userData === undefined) return;
  const bytes = typeof userData === "string"
    ? new TextEncoder().encode(userData)
    : takesBytes && userData;
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(
      "Cannot use the userData: it is not text",
    );
  }
  checkNumber("bytes of userData", bytes.length, 0, maxBytes);
}
