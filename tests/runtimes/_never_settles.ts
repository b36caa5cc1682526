/**
 * A call whose `fetch` never settles. Nothing but the time limit of the call can
 * keep the process alive.
 *
 * @module
 */

import { NephoScaleNodeDriver } from "@nephos/nephos/drivers/nephoscale";

/** Sends the request, and returns the name of the error. */
export default async function main(): Promise<string> {
  const cloud = new NephoScaleNodeDriver({
    username: "me",
    password: "secret",
    timeoutMs: 300.5,
    fetch: () => new Promise(() => {}),
  });
  try {
    await cloud.listNodes();
    return "no error";
  } catch (error) {
    return (error as Error).name;
  }
}
