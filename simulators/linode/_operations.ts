/**
 * Operations on nodes: changes of state that take time.
 *
 * @module
 */

import type { Account, Event, Linode } from "./_account.ts";
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
  start: number = account.now(),
): void {
  const operation = {};
  linode.operation = operation;
  linode.status = status;
  linode.updated = account.timestamp(start);
  account.timeline.schedule.add(start + ms, (at) => {
    if (linode.operation !== operation) return;
    linode.operation = undefined;
    linode.busyUntil = at + account.settings.busyMs;
    linode.updated = account.timestamp(at);
    end(at);
  });
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

/** Refuses a request for a node that is still busy with an operation. */
export function requireIdle(account: Account, linode: Linode): void {
  const { operation, busyUntil } = linode;
  if (operation !== undefined || account.now() < busyUntil) throw busy();
}

/** Creates the refusal for a resource that is busy with an operation. */
export function busy(): BadRequest {
  return new BadRequest("Linode busy.");
}
