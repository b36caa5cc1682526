/**
 * Operations on nodes: changes of state that take time.
 *
 * @module
 */

import type { Account, Event, Linode, Volume } from "./_account.ts";
import { finishEvent } from "./_events.ts";
import { BadRequest } from "./_requests.ts";

/**
 * Starts an operation on a node. When the time is over, `end` runs, unless
 * another operation has replaced this one.
 */
export function beginOperation(
  account: Account,
  linode: Linode,
  status: string,
  ms: number,
  end: (at: number) => void,
  start: number = account.timeline.now,
): void {
  linode.status = status;
  linode.updated = account.timestamp(start);
  account.timeline.begin(linode, ms, (at) => {
    linode.updated = account.timestamp(at);
    end(at);
  }, start);
}

/** Boots a node. The boot starts at the time `start`, by default now. */
export function startBoot(
  account: Account,
  linode: Linode,
  event: Event,
  start?: number,
): void {
  beginOperation(account, linode, "booting", account.settings.bootMs, (at) => {
    linode.status = event.fails ? "offline" : "running";
    finishEvent(event, at);
  }, start);
}

/** Refuses a request for a resource that is still busy with an operation. */
export function requireIdle(
  { timeline }: Account,
  resource: Linode | Volume,
): void {
  if (timeline.isBusy(resource)) throw busy();
}

/** Creates the refusal for a resource that is busy with an operation. */
export function busy(): BadRequest {
  return new BadRequest("Linode busy.");
}
