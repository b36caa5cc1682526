/**
 * The lifecycle of a node, with a driver that is imported and a driver that is
 * loaded by name. The simulator runs in the same process.
 *
 * @module
 */

import { createDriver, getDriver, NodeDriver, Provider } from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { lifecycle, type Step } from "../../examples/lifecycle.ts";

/** Result of the program. */
export interface Report {
  /** Name and version of the runtime, from `navigator.userAgent`. */
  readonly runtime: string;
  /** Calls with the driver imported from its own module. */
  readonly imported: Step[];
  /** Calls with the driver loaded by `createDriver()`. */
  readonly byName: Step[];
  /** Whether both drivers share one class and the base class of `mod.ts`. */
  readonly isOneCopy: boolean;
}

/** Runs the lifecycle with both drivers. */
export default async function main(): Promise<Report> {
  const first = new NephoScaleSimulator();
  const driver = new NephoScaleNodeDriver({
    ...first.credentials,
    fetch: first.fetch,
  });
  const second = new NephoScaleSimulator();
  const named = await createDriver("nephoscale", {
    ...second.credentials,
    fetch: second.fetch,
  });
  return {
    runtime: navigator.userAgent,
    imported: await lifecycle(driver, { intervalMs: 10 }),
    byName: await lifecycle(named, { intervalMs: 10 }),
    isOneCopy: await getDriver(Provider.NEPHOSCALE) === NephoScaleNodeDriver &&
      named instanceof NephoScaleNodeDriver && driver instanceof NodeDriver,
  };
}
