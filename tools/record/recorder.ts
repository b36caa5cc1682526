/**
 * Records requests and their responses.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import { type Document, readDocument } from "./document.ts";

/** A request, and its response. */
export interface Exchange {
  /** Method of the driver, such as `"listNodes"`. */
  readonly operation: string;
  /** HTTP method. */
  readonly method: string;
  /** URL of the request. */
  readonly url: string;
  /** HTTP status of the response. */
  readonly status: number;
  /** Headers of the response. */
  readonly headers: Headers;
  /** Body of the response; absent if it is empty, or neither JSON nor XML. */
  readonly document?: Document | undefined;
}

/** A `fetch` function that notes what it sends and receives. */
export class Recorder {
  /** All exchanges, in the order of the requests. */
  readonly exchanges: Exchange[] = [];
  readonly #send: Fetch;
  #operation = "";

  /**
   * Creates a recorder.
   *
   * @param send Sends the requests.
   */
  constructor(send: Fetch = (request) => fetch(request)) {
    this.#send = send;
  }

  /** Sends a request. Pass it to a driver as `fetch`. */
  readonly fetch: Fetch = async (request) => {
    const { method, url } = request;
    const operation = this.#operation;
    const response = await this.#send(request);
    const { status, headers } = response;
    const text = await response.text();
    const document = readDocument(text);
    this.exchanges.push({ operation, method, url, status, headers, document });
    // These have no body; a Response refuses one.
    const hasBody = ![204, 205, 304].includes(status);
    return new Response(hasBody ? text : null, { status, headers });
  };

  /**
   * Runs a call of the driver. Its requests belong to this operation.
   *
   * @typeParam T Result of the call.
   * @param operation Method of the driver.
   * @param run Calls it.
   * @returns The result.
   */
  async during<T>(operation: string, run: () => PromiseLike<T>): Promise<T> {
    this.#operation = operation;
    return await run();
  }
}
