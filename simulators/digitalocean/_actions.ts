/**
 * Actions: changes that take time, and that clients poll.
 *
 * @module
 */

import type { Account, Action, Droplet } from "./_account.ts";
import type { Region } from "./_catalog.ts";
import { ok, refuseNotFound, toNumber, toTimestamp } from "./_requests.ts";
import type { SimulatedOperation } from "../_failures.ts";
import type { Call, Routes } from "../_router.ts";

/** Routes of actions. */
export function actionRoutes(account: Account): Routes {
  return {
    "GET /v2/actions": (call) => {
      const actions = [...account.listed.actions.values()].reverse();
      return account.page(call, "actions", actions, actionJson);
    },
    "GET /v2/actions/{id}": (call) =>
      ok({ action: actionJson(actionInPath(account, call)) }),
  };
}

/** The resource that an action changes. */
export interface ActionTarget {
  /** Id, or `null` if it is not a number. */
  readonly id: number | null;
  readonly type: string;
  readonly region: Region;
}

/** Outcome of an action. */
export interface ActionOutcome {
  /**
   * Whether the action ends as `errored`.
   *
   * @default {false}
   */
  readonly isError?: boolean;
  /**
   * Time until the action ends.
   *
   * @default {settings.actionMs}
   */
  readonly ms?: number | undefined;
  /** Runs when the action ends, also after an error. */
  readonly finish: (at: number) => void;
}

/** Starts an action. */
export function beginAction(
  account: Account,
  type: string,
  target: ActionTarget,
  { isError = false, ms = account.settings.actionMs, finish }: ActionOutcome,
): Action {
  const action: Action = {
    id: account.takeId(),
    type,
    status: "in-progress",
    startedAt: account.timestamp(),
    completedAt: null,
    resourceId: target.id,
    resourceType: target.type,
    region: target.region,
  };
  account.actions.set(action.id, action);
  account.timeline.schedule.add(account.now() + ms, (at) => {
    action.status = isError ? "errored" : "completed";
    action.completedAt = toTimestamp(at);
    finish(at);
  });
  return action;
}

/** Effect of an action on a droplet. */
export interface DropletEffect {
  /** Status that the droplet must have; if absent, any status. */
  readonly requires?: Droplet["status"];
  /** Applies the change. */
  readonly apply: (at: number) => void;
}

/**
 * Starts an action on a droplet, and locks the droplet until the action ends.
 * If the droplet does not have the required status, or if the option `fails`
 * says so, the action ends as `errored`.
 */
export function beginDropletAction(
  account: Account,
  droplet: Droplet,
  type: string,
  { requires, apply }: DropletEffect,
  ms?: number,
): Action {
  const { id, region } = droplet;
  const isError = requires !== undefined && requires !== droplet.status ||
    account.settings.fails({ kind: kindOf(type), name: type, id: String(id) });
  droplet.locked = true;
  const target = { id, type: "droplet", region };
  const action = beginAction(account, type, target, {
    isError,
    ms,
    finish(at) {
      droplet.locked = false;
      droplet.busyUntil = at + account.settings.busyMs;
      if (!isError) apply(at);
    },
  });
  const actions = account.dropletActions.get(id);
  if (actions) actions.push(action);
  else account.dropletActions.set(id, [action]);
  return action;
}

function kindOf(type: string): SimulatedOperation["kind"] {
  if (type === "create") return "create";
  return type === "snapshot" ? "image" : "action";
}

/** Finds the action whose id is in the path. */
export function actionInPath(
  account: Account,
  { params }: Call,
  name = "id",
): Action {
  return account.actions.get(toNumber(params.get(name))) ?? refuseNotFound();
}

/** Creates a link to an action, as responses to create requests have it. */
export function actionLink(account: Account, { id }: Action, rel: string) {
  return { id, rel, href: `${account.settings.baseUrl}/v2/actions/${id}` };
}

/** Converts an action to the format of the API. */
export function actionJson(action: Action) {
  return {
    id: action.id,
    status: action.status,
    type: action.type,
    started_at: action.startedAt,
    completed_at: action.completedAt,
    resource_id: action.resourceId,
    resource_type: action.resourceType,
    region: action.region,
    region_slug: action.region.slug,
  };
}
