/**
 * A network with random faults, in virtual time.
 *
 * @module
 */

import type { Fetch } from "../../core/mod.ts";
import type { Random } from "./_random.ts";
import type { VirtualTime } from "./_virtual_time.ts";

/** Describes what went over the network, to explain a failed schedule. */
export interface Exchange {
  readonly atMs: number;
  readonly request: string;
  readonly outcome: string;
}

/** A network between a driver and a simulator. */
export class Network {
  readonly exchanges: Exchange[] = [];
  /** Bodies of the responses that reached the driver wholly. */
  readonly delivered: string[] = [];
  readonly #random: Random;
  readonly #time: VirtualTime;
  readonly #server: Fetch;
  /** Probability of a fault of each request. */
  readonly #faultiness: number;
  /** Times in which the provider is not reachable. */
  readonly #outages: readonly { readonly from: number; readonly to: number }[];

  /** Creates a network to a server. */
  constructor(random: Random, time: VirtualTime, server: Fetch) {
    this.#random = random;
    this.#time = time;
    this.#server = server;
    this.#faultiness = random.pick([0, 0.05, 0.2, 0.5]);
    const now = time.elapsedMs;
    this.#outages = Array.from({ length: random.pick([0, 0, 1, 2]) }, () => {
      const from = now + random.int(0, 60_000);
      return { from, to: from + random.int(0, 60_000) };
    });
  }

  /** Sends a request. */
  readonly fetch: Fetch = async (request) => {
    const { method, url, signal } = request;
    const atMs = this.#time.elapsedMs;
    const note = (outcome: string) =>
      this.exchanges.push({ atMs, request: `${method} ${url}`, outcome });
    const fault = this.#pickFault();
    await this.#pause(signal);
    const isApplied = /^(?:lost|late|cut|gateway|stalled after)/.test(fault);
    if (!isApplied && fault !== "none") {
      note(`${fault}, not applied`);
      return await this.#fail(fault, signal);
    }
    const response = await this.#time.whileBusy(this.#server(request));
    const text = await this.#time.whileBusy(response.text());
    const { status, headers } = response;
    if (fault === "none") await this.#pause(signal, note);
    note(`${fault}, ${status}`);
    if (fault === "cut") {
      const part = text.slice(0, Math.floor(text.length / 2));
      return new Response(part, { status, headers });
    }
    if (fault !== "none") return await this.#fail(fault, signal);
    if (status < 300) this.delivered.push(text);
    const isEmpty = status === 204 || status === 304;
    return new Response(isEmpty ? null : text, { status, headers });
  };

  #pickFault(): string {
    const now = this.#time.elapsedMs;
    const isOut = this.#outages.some(({ from, to }) => from <= now && now < to);
    const random = this.#random;
    if (isOut) return random.pick(["503", "reset", "refused"]);
    if (!random.chance(this.#faultiness)) return "none";
    return random.pick([
      ...["503", "500", "429", "429 soon", "429 late", "409", "408"],
      ...["reset", "refused", "stalled", "html"],
      ...["lost", "cut", "gateway", "stalled after"],
    ]);
  }

  async #fail(fault: string, signal: AbortSignal): Promise<Response> {
    switch (fault) {
      case "reset":
      case "lost":
        throw new TypeError("error sending request: connection reset by peer");
      case "refused":
        throw new TypeError("client error (Connect): tcp connect error");
      case "stalled":
      case "stalled after":
        return await new Promise((_resolve, reject) => {
          const abort = () => reject(signal.reason);
          if (signal.aborted) abort();
          else signal.addEventListener("abort", abort);
        });
      case "429 soon":
        return respond(429, { "retry-after": "1" });
      case "429 late":
        return respond(429, { "retry-after": "61" });
      case "gateway":
        return respond(502);
      case "html":
        return new Response("<h1>Maintenance</h1>", {
          status: 503,
          headers: { "content-type": "text/html" },
        });
      default:
        return respond(Number(fault));
    }
  }

  async #pause(signal: AbortSignal, note?: (it: string) => void) {
    const ms = this.#random.pick([0, 20, 200, 2_000]);
    if (ms > 0) await this.#time.sleep(this.#random.int(0, ms));
    if (!signal.aborted) return;
    note?.("aborted after it was applied");
    throw signal.reason;
  }
}

function respond(status: number, headers: HeadersInit = {}): Response {
  return new Response("{}", { status, headers });
}
