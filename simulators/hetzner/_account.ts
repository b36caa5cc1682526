/**
 * State of the simulated account: its resources, actions, clock and ids.
 *
 * @module
 */

import { IMAGES } from "./_catalog.ts";
import * as records from "./_records.ts";
import type { Action, Contents, Resource, Zone } from "./_records.ts";
import {
  AddressPool,
  type Fails,
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

/** Resources that an operation changes, by type. */
type Targets = Readonly<Record<string, Pick<Resource, "id">>>;

/** A simulated account. */
export class Account implements Contents {
  /** Settings; until {@linkcode Account.start} operations take no time. */
  settings: Settings;
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
  /** DNS zones. Their lists do not lag. */
  readonly zones = new Store<number, Zone>();
  readonly timeline: Timeline<Contents>;
  readonly takeId = numericIds(42);
  /** Returns the next id of a primary IP that is created with a server. */
  readonly takeAddressId = numericIds(10_001);
  readonly primaryPools = {
    ipv4: new AddressPool(PUBLIC_IPV4),
    ipv6: new AddressPool(PUBLIC_IPV6, { prefix: 64 }),
  };
  readonly floatingPools = {
    ipv4: new AddressPool(RESERVED_IPV4),
    ipv6: new AddressPool(["2001:db8:ffff::/48"], { prefix: 64 }),
  };
  readonly #locks = new Map<string, Occupied>();
  readonly #takeActionId = numericIds(1001);
  readonly #takeSecret = numericIds(0x7a31c05e);

  /** Creates an account that has public images only. */
  constructor(settings: Settings) {
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
    });
    this.settings = {
      ...settings,
      createMs: 0,
      actionMs: 0,
      addressMs: 0,
      fails: () => false,
    };
  }

  /** Ends all operations on the initial contents. */
  settle(): void {
    this.timeline.advance();
    this.#locks.clear();
  }

  /** Ends the creation of the initial contents. */
  start(settings: Settings): void {
    this.settings = settings;
    this.timeline.start();
  }

  /** Formats a time, by default now. */
  timestamp(at: number = this.timeline.now): string {
    return new Date(at).toISOString().replace(/\.\d+/, "");
  }

  /** Returns a password that was not returned before. */
  takePassword(): string {
    return toUuid(this.#takeSecret(), "Qz9k").replace("-", "");
  }

  /** Returns the lock of a resource, which is busy during an operation. */
  lockOf(type: string, { id }: Pick<Resource, "id">): Occupied {
    const key = `${type} ${id}`;
    const lock = this.#locks.get(key) ?? { operation: undefined, busyUntil: 0 };
    this.#locks.set(key, lock);
    return lock;
  }

  /** Refuses a change while a resource is locked. */
  requireIdle(targets: Targets): void {
    for (const [type, resource] of Object.entries(targets)) {
      if (!this.timeline.isBusy(this.lockOf(type, resource))) continue;
      const reason = `cannot perform operation because ${type} is locked`;
      throw new Refusal(423, reason, { code: "locked" });
    }
  }

  /** Adds an action that is running. */
  open(command: string, targets: Targets): Action {
    const resources = Object.entries(targets)
      .map(([type, { id }]) => ({ id, type }));
    const id = this.#takeActionId();
    const action = records.newAction(id, command, resources, this.timestamp());
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
   * @param end Applies the change.
   * @param failed Is called instead if the operation fails.
   * @param kind Kind for the option `fails`.
   * @returns The body of the response.
   */
  begin(
    command: string,
    targets: Targets,
    end: (at: number) => void = () => {},
    failed: (at: number) => void = () => {},
    kind: SimulatedOperation["kind"] = "action",
  ): { readonly action: Action } {
    this.requireIdle(targets);
    const { actionMs, fails } = this.settings;
    const action = this.open(command, targets);
    const id = `${action.resources[0]?.id}`;
    const willFail = fails({ kind, name: command, id });
    for (const [index, it] of action.resources.entries()) {
      this.timeline.begin(this.lockOf(it.type, it), actionMs, (at) => {
        if (index > 0) return;
        this.close(action, at, willFail);
        (willFail ? failed : end)(at);
      });
    }
    return { action };
  }
}
