/**
 * User data: the limits of providers, and the check of a caller's user data.
 *
 * @module
 */

import { show } from "../message.ts";
import type { Nodes } from "./nodes.ts";

/** The user data that a provider accepts. */
export interface UserDataSupport {
  /** Largest size in bytes, before any encoding. */
  readonly maxBytes: number;
  /** Whether the provider accepts bytes, such as gzip, besides strings. */
  readonly takesBytes: boolean;
}

/**
 * Drivers whose nodes accept user data, which cloud-init reads on first boot.
 * User data is an option and not a method. Therefore it is not a capability.
 */
export interface TakesUserData {
  /** The user data that the provider accepts. */
  readonly userDataSupport: UserDataSupport;
}

/**
 * Checks whether a driver accepts user data, and narrows its type.
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
 * @param driver The driver.
 * @returns Whether the driver accepts user data.
 */
export function takesUserData<D extends Nodes>(
  driver: D,
): driver is D & TakesUserData {
  return (driver as Partial<TakesUserData>).userDataSupport !== undefined;
}

/**
 * Checks the user data of a caller. The error never shows the user data.
 *
 * @param userData The value that the caller passed, if any.
 * @param operation Name of the method, for the error.
 * @param provider Name of the provider, for the error.
 * @param support The user data that the provider accepts.
 * @throws {TypeError} If `userData` is neither a string nor bytes, or if
 *   `userData` is bytes and the provider accepts only strings.
 * @throws {RangeError} If `userData` is longer than `support.maxBytes`.
 */
export function checkUserData(
  userData: unknown,
  operation: string,
  provider: string,
  { maxBytes, takesBytes }: UserDataSupport,
): void {
  if (userData === undefined) return;
  const isBytes = userData instanceof Uint8Array;
  if (isBytes && !takesBytes) {
    throw new TypeError(
      `${operation}: userData must be a string; ${provider} does not accept ` +
        "bytes",
    );
  }
  if (!isBytes && typeof userData !== "string") {
    const expected = takesBytes ? "a string or a Uint8Array" : "a string";
    throw new TypeError(
      `${operation}: userData must be ${expected}, got ${show(userData)}`,
    );
  }
  const { length } = isBytes ? userData : new TextEncoder().encode(userData);
  if (length <= maxBytes) return;
  throw new RangeError(
    `${operation}: userData is ${length} bytes; ` +
      `${provider} accepts at most ${maxBytes}`,
  );
}
