/**
 * Events, and the operations that they report.
 *
 * @module
 */

import {
  type Account,
  type Entity,
  type Event,
  type Linode,
  USERNAME,
  type Volume,
} from "./_account.ts";
import { FILTERS } from "./_filters.ts";
import { findInPath, ok } from "./_requests.ts";
import type { Routes, SimulatedOperation } from "../kit/mod.ts";

/** Operations that can fail, by the action of their event. */
const KINDS: Readonly<Record<string, SimulatedOperation["kind"]>> = {
  linode_create: "create",
  linode_clone: "create",
  linode_boot: "action",
  linode_reboot: "action",
  linode_shutdown: "action",
  linode_resize: "action",
  linode_rebuild: "action",
  linode_snapshot: "snapshot",
  disk_imagize: "image",
  volume_create: "volume",
  volume_resize: "volume",
};

/** Routes of events. */
export function eventRoutes(account: Account): Routes {
  return {
    "GET /account/events": (call) =>
      account.list(call, account.listed.events, eventJson, FILTERS.events),
    "GET /account/events/{id}": (call) =>
      ok(eventJson(findInPath(account.events, call))),
  };
}

/** Adds the event of an operation that takes time, and decides if it fails. */
export function beginEvent(
  account: Account,
  action: string,
  entity: Entity,
): Event {
  const kind = KINDS[action];
  const fails = kind !== undefined &&
    account.settings.fails({ kind, name: action, id: String(entity.id) });
  return addEvent(account, action, entity, "started", fails);
}

function addEvent(
  account: Account,
  action: string,
  entity: Entity,
  status: string,
  fails: boolean,
): Event {
  return account.events.add({
    id: account.takeId(),
    action,
    created: account.timestamp(),
    at: account.timeline.now,
    entity,
    fails,
    status,
    seconds: 0,
  });
}

/** Adds the event of an operation that is already complete. */
export function notify(account: Account, action: string, entity: Entity): void {
  addEvent(account, action, entity, "notification", false);
}

/** Marks the operation of an event as finished, or as failed. */
export function finishEvent(event: Event, at: number): void {
  event.status = event.fails ? "failed" : "finished";
  event.seconds = (at - event.at) / 1000;
}

/** Describes a node as the entity of an event. */
export function linodeEntity({ id, label }: Linode): Entity {
  return { id, label, type: "linode", url: `/v4/linode/instances/${id}` };
}

/** Describes a volume as the entity of an event. */
export function volumeEntity({ id, label }: Volume): Entity {
  return { id, label, type: "volume", url: `/v4/volumes/${id}` };
}

function eventJson(event: Event) {
  return {
    action: event.action,
    created: event.created,
    duration: event.seconds,
    entity: event.entity,
    id: event.id,
    message: null,
    percent_complete: event.status === "started" ? 50 : 100,
    rate: null,
    read: false,
    seen: false,
    status: event.status,
    time_remaining: null,
    username: USERNAME,
  };
}
