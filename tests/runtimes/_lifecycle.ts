/**
 * The life cycle of a node in every way to get a driver, with the simulator in
 * process.
 *
 * @module
 */

import { createDriver, getDriver, NodeDriver, Provider } from "@nephos/nephos";
import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";
import { NephoScaleSimulator } from "@nephos/nephos/simulators/nephoscale";
import { lifecycle, type Step } from "../../examples/lifecycle.ts";

/** What it comes to. */
export interface Report {
  /** The runtime, as it calls itself. */
  readonly runtime: string;
  /** With the driver imported alone. */
  readonly alone: Step[];
  /** With the driver loaded by its name. */
  readonly byName: Step[];
  /** Whether both ways lead to one class, whose base is that of `mod.ts`. */
  readonly isOneCopy: boolean;
}

/** Runs it both ways. */
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
    alone: await lifecycle(driver, { intervalMs: 10 }),
    byName: await lifecycle(named, { intervalMs: 10 }),
    isOneCopy: await getDriver(Provider.NEPHOSCALE) === NephoScaleNodeDriver &&
      named instanceof NephoScaleNodeDriver && driver instanceof NodeDriver,
  };
}
