/**
 * Actions of Hetzner Cloud: changes that take a while.
 *
 * @module
 */

import {
  CloudError,
  JsonKind,
  oneLine,
  toId,
  toNumber,
  toText,
  toTime,
} from "../../core/mod.ts";
import type { ActionJson } from "./_json.ts";

/** An action on a resource, which Hetzner completes in the background. */
export interface HetznerAction {
  /** Id at Hetzner. */
  readonly id: string;
  /** Kind of action, such as `"start_server"`. */
  readonly command?: string | undefined;
  /** Progress: `"running"`, `"success"` or `"error"`. */
  readonly status?: string | undefined;
  /** Progress in percent. */
  readonly progress?: number | undefined;
  /** Start time, ISO 8601 in UTC. */
  readonly startedAt?: string | undefined;
  /** End time, ISO 8601 in UTC; absent while the action is running. */
  readonly finishedAt?: string | undefined;
  /** Resources that the action changes. */
  readonly resources: readonly { readonly id: string; readonly type: string }[];
  /** Reason of the failure, if the action failed. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** Actions on all kinds of resources. */
export const ACTIONS: JsonKind<ActionJson, HetznerAction> = new JsonKind(
  "/actions",
  "action",
  toAction,
);

/** Converts an action. */
export function toAction(action: ActionJson): HetznerAction {
  const { error } = action;
  return {
    id: toId(action.id),
    command: toText(action.command),
    status: toText(action.status),
    progress: toNumber(action.progress),
    startedAt: toTime(action.started),
    finishedAt: toTime(action.finished),
    resources: action.resources.map(({ id, type }) => ({ id: toId(id), type })),
    ...error && { error: { code: error.code, message: error.message } },
  };
}

/**
 * Whether an action is completed.
 *
 * @param action The action.
 * @param about The driver's method, for the error.
 * @returns Whether its status is `"success"`.
 * @throws {CloudError} If the action failed: its status is `"error"`.
 */
export function isCompleted(
  { id, command, status, error }: HetznerAction,
  about: { readonly provider: string; readonly operation: string },
): boolean {
  if (status !== "error") return status === "success";
  const message = error ? `: "${error.message}"` : "";
  const reason = oneLine(`${command} failed${message}`);
  throw new CloudError(
    `${about.operation}: ${reason} (action ${oneLine(id)})`,
    about,
  );
}
