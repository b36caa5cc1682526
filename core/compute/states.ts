/**
 * The states of nodes, for checks at run time.
 *
 * @module
 */

import type { NodeState } from "./records.ts";

/** Every state of a node. */
export const NODE_STATES: Readonly<Record<NodeState, true>> = {
  pending: true,
  starting: true,
  running: true,
  rebooting: true,
  stopping: true,
  stopped: true,
  suspended: true,
  paused: true,
  reconfiguring: true,
  migrating: true,
  updating: true,
  terminated: true,
  error: true,
  normal: true,
  unknown: true,
};
