/**
 * Actions: changes that take time, and that clients poll.
 *
 * @module
 */

import type { Account, Action, Droplet } from "./_account.ts";
import type { Region } from "./_catalog.ts";
import { findInPath, ok, toTimestamp } from "./_requests.ts";
import type { Call, Occupied, Routes, SimulatedOperation } from "../kit/mod.ts";

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
  /** Resource that is locked until the action ends. */
  readonly locks?: Occupied;
  /** Runs when the action ends, also after an error. */
  readonly finish: (at: number) => void;
}

/** Starts an action. */
export function beginAction(
  account: Account,
  type: string,
  target: ActionTarget,
  outcome: ActionOutcome,
): Action {
  const { isError = false, ms = account.settings.actionMs } = outcome;
  const action: Action = account.actions.add({
    id: account.takeId(),
    type,
    status: "in-progress",
    startedAt: account.timestamp(),
    completedAt: null,
    resourceId: target.id,
    resourceType: target.type,
    region: target.region,
  });
  const end = (at: number) => {
    action.status = isError ? "errored" : "completed";
    action.completedAt = toTimestamp(at);
    outcome.finish(at);
  };
  if (outcome.locks) account.timeline.begin(outcome.locks, ms, end);
  else account.timeline.after(ms, end);
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
  const target = { id, type: "droplet", region };
  const action = beginAction(account, type, target, {
    isError,
    ms,
    locks: droplet,
    finish(at) {
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
  { actions }: Account,
  call: Call,
  name?: string,
): Action {
  return findInPath(actions, call, name);
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
