/**
 * `--debug`: the requests of a command, without secrets.
 *
 * @module
 */

import type { Hooks } from "../core/hooks.ts";
import { formatMs, oneLine } from "../core/message.ts";

/**
 * Creates hooks that describe every request in one line.
 *
 * @param print Writes a line.
 * @returns The hooks. Their events have no query, no header and no body.
 */
export function debugHooks(print: (line: string) => void): Hooks {
  const line = (text: string) => print(`debug: ${oneLine(text, 2000)}`);
  return {
    onResponse({ provider, method, path, status, ms, attempt, requestId }) {
      const details = [
        `${Math.round(ms)} ms`,
        ...attempt > 1 ? [`attempt ${attempt}`] : [],
        ...requestId === undefined ? [] : [`request id ${requestId}`],
      ];
      line(`${provider} ${method} ${path} ${status} (${details.join(", ")})`);
    },
    onRetry({ provider, method, path, attempt, delayMs, error }) {
      line(
        `${provider} ${method} ${path} attempt ${attempt} failed; ` +
          `next attempt in ${formatMs(delayMs)}: ${error.message}`,
      );
    },
  };
}
