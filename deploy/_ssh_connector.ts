/**
 * Connecting to a new node: attempts are repeated while the node boots.
 *
 * @module
 */

import { CloudError, ConnectionError } from "../core/mod.ts";
import type { DeploymentContext, Node } from "../core/compute/mod.ts";
import type { Authentication, Libraries } from "./_ssh2.ts";
import { HostKeys, type Pin } from "./_ssh_host_keys.ts";
import {
  formatAddress,
  HostKeyError,
  RefusedError,
  Session,
} from "./_ssh_session.ts";

/** Kind of IP address to connect to. */
export type Interface = "public" | "private";

/** Reads the addresses of each kind. */
export const ADDRESSES: Readonly<
  Record<Interface, (node: Node) => readonly string[]>
> = {
  public: ({ publicIps }) => publicIps,
  private: ({ privateIps }) => privateIps,
};

/** Options of {@linkcode connect}. */
export interface ConnectorOptions {
  readonly libraries: Libraries;
  /** Host keys to trust; an empty list accepts the first one. */
  readonly pins: readonly Pin[];
  readonly port: number;
  /** Users to log in as, in the order in which they are tried. */
  readonly usernames: readonly string[];
  /** Lists the authentication methods of a user. */
  readonly authenticationsOf: (username: string) => readonly Authentication[];
  /** Kind of address; by default public if the node has such an address. */
  readonly interface: Interface | undefined;
  readonly connectTimeoutMs: number;
  /** How long refused logins are repeated, from the first one. */
  readonly loginGraceMs: number;
}

/**
 * Connects and logs in. While the node boots, this makes further attempts, with
 * the addresses that the node then has.
 *
 * @param node The node.
 * @param context Time limit, and access to the latest record of the node.
 * @param options Users, credentials and host keys.
 * @returns The session.
 * @throws {CloudError} If the login is refused for longer than the grace period,
 *   or the host key is not trusted.
 */
export async function connect(
  node: Node,
  context: DeploymentContext,
  options: ConnectorOptions,
): Promise<Session> {
  const { deadline, intervalMs } = context;
  const { signal } = deadline;
  let attempts: Attempts | undefined;
  let latest: Promise<Session | undefined> | undefined;
  const attempt = async (pending: Promise<Node> | Node) => {
    const current = await pending;
    // In your own network, the private address may belong to another machine.
    const isPublic = current.publicIps.length > 0;
    const kind = options.interface ?? (isPublic ? "public" : "private");
    // Host keys and refusals of a private address say nothing about a public
    // one.
    if (attempts?.kind !== kind) {
      attempts = new Attempts(kind, options, signal);
    }
    return await attempts.make(node.name, ADDRESSES[kind](current));
  };
  try {
    return await deadline.poll(
      // A public address may arrive when the node is running already.
      () => latest = attempt(latest ? context.readNode() : node),
      intervalMs,
    );
  } catch (error) {
    // Waits until the latest attempt has closed its connection.
    await latest?.then((session) => session?.close(), () => {});
    // The last failure is more helpful than the timeout alone.
    throw signal.aborted ? attempts?.failure ?? error : error;
  }
}

/** Attempts to log in at the addresses of one kind. */
class Attempts {
  readonly kind: Interface;
  /** Why the latest attempt failed. */
  failure: unknown;
  readonly #options: ConnectorOptions;
  readonly #signal: AbortSignal;
  readonly #hostKeys: HostKeys;
  /** Refusals by host and user, until the host has refused all users. */
  readonly #refusals = new Map<string, Map<string, RefusedError>>();
  #firstRefusalAt: number | undefined;
  #nextLoginAt = 0;

  constructor(kind: Interface, options: ConnectorOptions, signal: AbortSignal) {
    this.kind = kind;
    this.#options = options;
    this.#signal = signal;
    this.#hostKeys = new HostKeys(options.pins, options.libraries);
  }

  /**
   * Makes one attempt.
   *
   * @returns The session, or `undefined` if another attempt may succeed.
   */
  async make(
    name: string,
    hosts: readonly string[],
  ): Promise<Session | undefined> {
    if (hosts.length === 0) {
      const missing = this.#options.interface ? `${this.kind} IP` : "IP";
      this.failure = new CloudError(
        `could not connect to ${name}: the node has no ${missing} address`,
        {},
      );
    }
    if (performance.now() < this.#nextLoginAt) return undefined;
    for (const host of hosts) {
      const session = await this.#tryUsers(host);
      if (session) return session;
    }
    return undefined;
  }

  /** Logs in to a host as the first user that it accepts. */
  async #tryUsers(host: string): Promise<Session | undefined> {
    const refusals = this.#refusals.get(host) ?? new Map();
    this.#refusals.set(host, refusals);
    for (const username of this.#options.usernames) {
      // Some servers stop responding after several refusals. The next attempt
      // goes on with the user who was not refused yet.
      if (refusals.has(username)) continue;
      try {
        return await this.#openWithTrustedKey(host, username);
      } catch (error) {
        if (ConnectionError.is(error)) return undefined;
        if (!(error instanceof RefusedError)) throw error;
        refusals.set(username, error);
      }
    }
    this.#refusals.delete(host);
    this.#refuse(host, [...refusals.values()]);
    return undefined;
  }

  /**
   * Decides whether a host that has refused all users is tried again.
   *
   * @throws {CloudError} If it is not.
   */
  #refuse(host: string, refusals: readonly RefusedError[]): void {
    const { port, loginGraceMs } = this.#options;
    // Each message begins with the host; the joined message names it once.
    const prefix = `could not log in to ${formatAddress(host, port)} `;
    const reasons = refusals.map(({ message }) => message.replace(prefix, ""));
    this.failure = new CloudError(`${prefix}${reasons.join("; ")}`, {});
    const now = performance.now();
    const firstAt = this.#firstRefusalAt ??= now;
    const isOver = now - firstAt >= loginGraceMs;
    if (isOver || refusals.every(({ isFinal }) => isFinal)) throw this.failure;
    // Doubles the time since the first refusal, because servers ban clients
    // after many refusals. The last attempt is at the end of the grace period.
    this.#nextLoginAt = firstAt + Math.min(2 * (now - firstAt), loginGraceMs);
  }

  async #openWithTrustedKey(host: string, username: string): Promise<Session> {
    for (;;) {
      try {
        return await this.#open(host, username);
      } catch (error) {
        // An attempt that was aborted does not explain why there is no session.
        if (!this.#signal.aborted) this.failure = error;
        // The host may have a trusted key of another type.
        if (!(error instanceof HostKeyError && this.#hostKeys.hasMore)) {
          throw error;
        }
      }
    }
  }

  #open(host: string, username: string): Promise<Session> {
    const { libraries, port, authenticationsOf, connectTimeoutMs } =
      this.#options;
    return Session.open({
      libraries,
      host,
      port,
      username,
      authentications: authenticationsOf(username),
      hostKeys: this.#hostKeys,
      connectTimeoutMs,
      signal: this.#signal,
    });
  }
}
