/**
 * State of the simulated account: its resources, actions, clock and ids.
 *
 * @module
 */

import { IMAGES, type Location, LOCATIONS } from "./_catalog.ts";
import type * as records from "./_records.ts";
import type { Action, Contents, Resource } from "./_records.ts";
import { invalid, notFound } from "./_requests.ts";
import {
  AddressPool,
  type Fails,
  type Fields,
  numericIds,
  type Occupied,
  PUBLIC_IPV4,
  PUBLIC_IPV6,
  Refusal,
  RESERVED_IPV4,
  type SimulatedOperation,
  Store,
  Timeline,
  type TimelineSettings,
  toNumericId,
  toUuid,
} from "../kit/mod.ts";

/** Options of the simulator that its request handlers need. */
export interface Settings extends TimelineSettings {
  readonly createMs: number;
  readonly actionMs: number;
  readonly addressMs: number;
  readonly fails: Fails;
  readonly largestPage: number;
  readonly serverLimit: number;
}

/** How an operation runs. */
export interface Run {
  /** Kind for the option `fails`. */
  readonly kind?: SimulatedOperation["kind"];
  /** Applies the change at the end. */
  readonly end?: () => void;
  /** Ends the operation if it fails. */
  readonly failed?: () => void;
}

/** A simulated account. */
export class Account implements Contents {
  readonly servers = new Store<number, records.Server>();
  readonly images = new Store(IMAGES.map((it) => [it.id, { ...it }]));
  readonly ssh_keys = new Store<number, records.SshKey>();
  readonly volumes = new Store<number, records.Volume>();
  readonly placement_groups = new Store<number, records.PlacementGroup>();
  readonly networks = new Store<number, records.Network>();
  readonly firewalls = new Store<number, records.Firewall>();
  readonly primary_ips = new Store<number, records.PrimaryIp>();
  readonly floating_ips = new Store<number, records.FloatingIp>();
  readonly actions = new Store<number, Action>();
  readonly timeline: Timeline<Contents>;
  /** Returns the next id; most resources share the sequence. */
  readonly takeId = numericIds(42);
  /** Returns the next id of a primary IP that is created with a server. */
  readonly takeAddressId = numericIds(10_001);
  /** Addresses by type, for servers and for floating IPs. */
  readonly pools = {
    primary: {
      ipv4: new AddressPool(PUBLIC_IPV4),
      ipv6: new AddressPool(PUBLIC_IPV6, { prefix: 64 }),
    },
    floating: {
      ipv4: new AddressPool(RESERVED_IPV4),
      ipv6: new AddressPool(["2001:db8:ffff::/48"], { prefix: 64 }),
    },
  };
  readonly #locks = new Map<string, Occupied>();
  readonly #takeSecret = numericIds(0x7a31c05e);

  /** Creates an account that has public images only. */
  constructor(readonly settings: Settings) {
    this.timeline = new Timeline<Contents>(settings, {
      servers: this.servers,
      images: this.images,
      ssh_keys: this.ssh_keys,
      volumes: this.volumes,
      placement_groups: this.placement_groups,
      networks: this.networks,
      firewalls: this.firewalls,
      primary_ips: this.primary_ips,
      floating_ips: this.floating_ips,
      actions: this.actions,
    });
  }

  /** Formats the current time, or another one. */
  timestamp(at: number = this.timeline.now): string {
    return new Date(at).toISOString().replace(/\.\d+/, "");
  }

  /** Returns a password that was not returned before. */
  takePassword(): string {
    return toUuid(this.#takeSecret(), "Qz9k").replace("-", "");
  }

  /** Returns the lock of a resource. */
  lockOf(type: string, { id }: Pick<Resource, "id">): Occupied {
    const key = `${type} ${id}`;
    const lock = this.#locks.get(key) ?? { operation: undefined, busyUntil: 0 };
    this.#locks.set(key, lock);
    return lock;
  }

  /** Refuses a change while a resource is locked. */
  requireIdle(type: string, resource: Resource): void {
    if (!this.timeline.isBusy(this.lockOf(type, resource))) return;
    const reason = `cannot perform operation because ${type} is locked`;
    throw new Refusal(423, reason, { code: "locked" });
  }

  /**
   * Adds a running action.
   *
   * @param command Name of the operation.
   * @param targets Resources that it changes, by type.
   * @returns The action.
   */
  open(command: string, targets: Readonly<Record<string, Resource>>): Action {
    const action: Action = {
      id: this.takeId(),
      command,
      status: "running",
      progress: 0,
      started: this.timestamp(),
      finished: null,
      resources: Object.entries(targets).map(([type, { id }]) => ({
        id,
        type,
      })),
      error: null,
    };
    return this.actions.add(action);
  }

  /** Ends an action. */
  close(action: Action, at: number, fails = false): void {
    action.status = fails ? "error" : "success";
    action.progress = 100;
    action.finished = this.timestamp(at);
    if (fails) {
      action.error = { code: "action_failed", message: "Action failed" };
    }
  }

  /**
   * Starts an operation, which locks its resources until it ends.
   *
   * @param command Name of the operation.
   * @param targets Resources that it changes, by type.
   * @param run How it ends.
   * @returns Its action.
   */
  begin(
    command: string,
    targets: Readonly<Record<string, Resource>>,
    { kind = "action", end, failed }: Run = {},
  ): Action {
    const { actionMs, fails } = this.settings;
    const all = Object.entries(targets);
    for (const [type, resource] of all) this.requireIdle(type, resource);
    const action = this.open(command, targets);
    const id = `${action.resources[0]?.id}`;
    const willFail = fails({ kind, name: command, id });
    for (const [index, [type, resource]] of all.entries()) {
      this.timeline.begin(this.lockOf(type, resource), actionMs, (at) => {
        if (index > 0) return;
        this.close(action, at, willFail);
        (willFail ? failed : end)?.();
      });
    }
    return action;
  }
}

/** Finds the resource whose id is in a field. */
export function findById<T>(
  all: ReadonlyMap<number, T>,
  fields: Fields,
  field: string,
  type = field,
): T {
  return lookUp(all, fields.any(field), type);
}

/** Finds the resource with an id. */
export function lookUp<T>(
  all: ReadonlyMap<number, T>,
  id: unknown,
  type: string,
): T {
  const number = toNumericId(id);
  if (Number.isNaN(number)) throw invalid(type, "must be an integer");
  const found = all.get(number);
  if (found === undefined) throw notFound(type, id);
  return found;
}

/** Finds the item whose id or name is in a field. */
export function findByName<
  T extends { readonly id: number; readonly name: string | null },
>(all: Iterable<T>, value: unknown, field: string): T {
  const found = Array.from(all).find(({ id, name }) =>
    name === value || id === toNumericId(value)
  );
  if (found === undefined) throw invalid(field, `'${value}' was not found`);
  return found;
}

/** Finds the location in the field `location`, or in that of data centers. */
export function readLocation(
  fields: Fields,
  field = "location",
): Location | undefined {
  const { optional } = fields;
  // Names of data centers begin with that of the location.
  const name = optional.any(field) ??
    optional.string("datacenter")?.split("-")[0];
  return name === undefined ? undefined : findByName(LOCATIONS, name, field);
}
