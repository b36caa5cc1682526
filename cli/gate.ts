/**
 * The way of requests to a provider, which a dry run closes.
 *
 * @module
 */

import type { Fetch } from "../core/options.ts";

/** Lets requests pass, and notes them; or stops them. */
export class Gate {
  #isClosed = false;
  #count = 0;

  /** Number of requests that reached the gate. */
  get count(): number {
    return this.#count;
  }

  /** Stops all further requests. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Puts the gate in front of a provider.
   *
   * @param fetch Sends requests to the provider.
   * @returns Sends them if the gate is open.
   */
  wrap(fetch: Fetch): Fetch {
    return (request) => {
      this.#count++;
      if (!this.#isClosed) return fetch(request);
      return Promise.reject(new Error("dry run: the request was not sent"));
    };
  }
}
