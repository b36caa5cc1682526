/**
 * The interface of DNS drivers.
 *
 * @module
 */

import { poll } from "../calls.ts";
import { checkNumber, mistake } from "../check.ts";
import type { Connection } from "../connection.ts";
import { Deadline, type Limits } from "../deadline.ts";
import {
  driverFromEnv,
  type EnvironmentVariable,
  type OptionsOverEnvironment,
} from "../environment.ts";
import { NotFoundError } from "../errors.ts";
import type { Extra } from "../extra.ts";
import { Listing } from "../listing.ts";
import { oneLine, show } from "../message.ts";
import type { CallOptions, ListOptions } from "../options.ts";
import {
  checkDistinct,
  isUnchanged,
  needsCheck,
  orderChanges,
  targetOf,
} from "./changes.ts";
import {
  checkRecordSet,
  checkRecordSetKey,
  checkZoneName,
  checkZoneRef,
} from "./check.ts";
import { keyOf, missingIn, presentIn, without } from "./data.ts";
import { RecordSetConflictError } from "./errors.ts";
import type {
  ChangeWaitOptions,
  CreateZoneOptions,
  ListRecordSetsOptions,
  RecordOptions,
} from "./options.ts";
import { relativeName } from "./names.ts";
import type {
  ChangeResult,
  RecordData,
  RecordSet,
  RecordSetChange,
  RecordSetInput,
  RecordSetKey,
  Zone,
  ZoneRef,
} from "./records.ts";
import {
  Turns,
  type ValueWrite,
  type Write,
  writeByCompare,
  writeByReadBack,
} from "./writers.ts";

/** How a driver changes record sets. */
export interface ChangeSupport {
  /** Whether `changeRecordSets()` makes all changes of a call, or none. */
  readonly isAtomic: boolean;
  /**
   * How `addRecord()` and `removeRecord()` leave the values of other writers:
   *
   * - `"native"`: the provider adds and removes single values.
   * - `"compare"`: the provider refuses a change of a record set that is not as
   *   it was read. The driver then reads it again.
   * - `"readBack"`: the provider only replaces record sets. The driver reads the
   *   set after the change, and repeats the change if another writer undid it.
   */
  readonly adds: "native" | "compare" | "readBack";
  /** Largest number of changes in one call. */
  readonly maxChanges: number;
  /**
   * Returns the share of one call that a change takes, from 0 to 1, if the
   * provider also limits the size of a call. The shares of its changes add up to at
   * most 1.
   *
   * @default {only the number of changes is limited}
   */
  readonly shareOf?: ((change: RecordSetChange) => number) | undefined;
}

/** A zone whose id is known, for the methods that a driver implements. */
export interface ZoneTarget {
  /** Id of the zone at the provider. */
  readonly id: string;
  /**
   * Name of the zone, without the final dot. It is `""` if the caller passed only
   * an id, unless `needsZoneName` of the driver is `true`.
   */
  readonly name: string;
}

/** Selects record sets, for the methods that a driver implements. */
export interface RecordSetFilter {
  /** Name inside the zone. */
  readonly name?: string | undefined;
  /** Type of the records. */
  readonly type?: RecordSet["type"] | undefined;
  /** Whether a record set has this name and type; absent if all have. */
  readonly keep?: ((set: RecordSet) => boolean) | undefined;
}

/** No filter: all record sets of a zone. */
const ALL: RecordSetFilter = {};

/** A zone that is not known yet, to check what does not depend on it. */
const NOWHERE: ZoneTarget = { id: "", name: "" };

/**
 * Every DNS driver has these methods. More methods come from capability
 * interfaces; test for them with `supportsDns()`.
 *
 * A zone is passed as its record, as its id, or as `{ name }`. Names of record
 * sets are relative to the zone: `"www"`, `"*.dev"`, or `"@"` for the zone itself.
 *
 * @typeParam Z A zone of the provider.
 * @typeParam R A record set of the provider.
 */
export abstract class DnsDriver<
  Z extends Zone = Zone,
  R extends RecordSet = RecordSet,
> {
  /** Id of the provider, such as `"powerdns"`. */
  abstract readonly provider: string;
  /** Connection to the API. Use it for endpoints that the driver lacks. */
  abstract readonly connection: Connection;
  /** How this driver changes record sets. */
  abstract readonly changeSupport: ChangeSupport;
  /**
   * Whether the API needs the name of the zone for its record sets. If it does,
   * a bare id costs one more request.
   */
  protected readonly needsZoneName: boolean = false;
  readonly #turns = new Turns();

  /** Name of the provider in messages, such as `"PowerDNS"`. */
  get displayName(): string {
    return this.connection.displayName ?? this.provider;
  }

  /**
   * Creates a driver from environment variables, which you pass in. The static
   * property `variables` of the class lists them.
   *
   * @typeParam O Options of the driver.
   * @typeParam D The driver.
   * @param env The variables by name: `Deno.env.toObject()`, `process.env`, or
   *   the `env` of a Worker.
   * @param options Options of the driver. They take precedence over variables.
   * @returns The driver.
   * @throws {TypeError} If a variable is missing. The message names all missing
   *   variables, but contains no values.
   */
  static fromEnv<O extends object, D>(
    this: {
      new (options: O): D;
      readonly variables: readonly EnvironmentVariable[];
    },
    env: object,
    options?: OptionsOverEnvironment<O>,
  ): D {
    return driverFromEnv(this, env, options);
  }

  /** Lists the zones of the account. */
  abstract listZones(options?: ListOptions): Listing<Z>;

  /**
   * Creates a zone.
   *
   * @param options Name of the zone, and its TTL.
   * @returns The zone. Its `nameServers` are those that the registrar of the
   *   domain has to name.
   * @throws {ConflictError} If there is a zone with this name.
   */
  abstract createZone(options: CreateZoneOptions): Promise<Z>;

  /**
   * Gets one zone.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Options of the call.
   * @returns The zone.
   * @throws {NotFoundError} If there is no such zone.
   */
  async getZone(zone: ZoneRef, options: CallOptions = {}): Promise<Z> {
    const operation = "getZone";
    const { id, name } = this.#known(operation, zone);
    return await this.#within(
      operation,
      options,
      (call) =>
        id === undefined
          ? this.#readNamed(operation, name, call)
          : this.readZone(operation, { id, name }, call),
    );
  }

  /**
   * Finds the zone that a host name is in: the zone with the longest name that
   * fits.
   *
   * @param name The host name, such as `"www.example.com"`.
   * @param options Options of the call.
   * @returns The zone.
   * @throws {NotFoundError} If the account has no zone that fits.
   */
  async findZone(name: string, options: CallOptions = {}): Promise<Z> {
    const operation = "findZone";
    const labels = checkZoneName(name, operation).split(".");
    const names = labels.map((_, index) => labels.slice(index).join("."));
    const zone = await this.#within(
      operation,
      options,
      (call) => this.readZoneNamed(operation, names, call),
    );
    return zone ??
      this.#notFound(operation, `no zone contains ${oneLine(names[0] ?? "")}`);
  }

  /**
   * Deletes a zone. All its record sets are lost, and its names can no longer be
   * resolved.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Options of the call.
   * @throws {NotFoundError} If there is no such zone.
   */
  async deleteZone(zone: ZoneRef, options: CallOptions = {}): Promise<void> {
    const operation = "deleteZone";
    const known = this.#known(operation, zone);
    await this.#within(operation, options, async (call) => {
      const target = await this.#resolve(operation, known, call, false);
      await this.removeZone(operation, target, call);
    });
  }

  /**
   * Lists the record sets of a zone, with all that only this provider has.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param options Name and type of the record sets, and options of the list.
   * @returns The listing.
   */
  listRecordSets(
    zone: ZoneRef,
    options: ListRecordSetsOptions = {},
  ): Listing<R> {
    const operation = "listRecordSets";
    const known = this.#known(operation, zone);
    const { name, type, ...rest } = options;
    const needsName = name !== undefined && isAbsolute({ name });
    const list = (target: ZoneTarget, options: ListOptions) => {
      const filter = this.#toFilter(operation, { name, type }, target);
      return this.readRecordSets(operation, target, filter, options);
    };
    // Checks the options of the caller before any request.
    if (!needsName) this.#toFilter(operation, { name, type }, NOWHERE);
    const resolve = (limits: Limits) =>
      this.#resolve(
        operation,
        known,
        { ...rest, ...limits },
        needsName || this.needsZoneName,
      );
    return new Listing<R>({
      async *pages(from, limits) {
        const target = await resolve(limits);
        yield* list(target, { ...rest, ...limits, from }).pages();
      },
      async all(from, limits, concurrency) {
        const target = await resolve(limits);
        return await list(target, { ...rest, ...limits, from, concurrency });
      },
    }, { ...rest, operation });
  }

  /**
   * Gets one record set.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param key Name and type of the record set.
   * @param options Options of the call.
   * @returns The record set.
   * @throws {NotFoundError} If there is no such record set.
   */
  async getRecordSet(
    zone: ZoneRef,
    key: RecordSetKey,
    options: CallOptions = {},
  ): Promise<R> {
    const operation = "getRecordSet";
    const known = this.#known(operation, zone);
    const checked = checkRecordSetKey(key, operation);
    return await this.#within(operation, options, async (call) => {
      const { target, set } = await this.#locate(
        operation,
        known,
        call,
        checked,
      );
      const found = await this.readRecordSet(operation, target, set, call);
      return found ??
        this.#notFound(operation, `no record set ${oneLine(keyOf(set))}`);
    });
  }

  /**
   * Replaces all values of a name and type, or creates the record set.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set The record set.
   * @param options Options of the call.
   * @returns The change.
   * @throws {TypeError} If a value is invalid.
   * @throws {RangeError} If a number is out of the provider's range.
   */
  async setRecordSet(
    zone: ZoneRef,
    set: RecordSetInput,
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    const changes = [{ action: "replace", after: set }] as const;
    return await this.#change("setRecordSet", zone, changes, options);
  }

  /**
   * Deletes a record set. If there is no such record set, nothing happens. If you
   * pass a record set that you have read, it is deleted only if it is still the
   * same.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set Name and type, or a record set that you have read.
   * @param options Options of the call.
   * @returns The change.
   * @throws {ConflictError} If the record set is not the one that you have read.
   */
  async deleteRecordSet(
    zone: ZoneRef,
    set: RecordSetKey | R,
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    const changes = [{ action: "delete", before: set }] as const;
    return await this.#change("deleteRecordSet", zone, changes, options);
  }

  /**
   * Makes several changes. If `changeSupport.isAtomic` is `true`, all of them are
   * made or none. Otherwise, they are made one after the other; if one fails,
   * `changesOf(error)` tells which were made.
   *
   * - `create`: fails with a `ConflictError` if the record set exists.
   * - `replace`: creates the record set if it does not exist. With `before`, fails
   *   with a `ConflictError` if the record set is not as it was read.
   * - `delete`: does nothing if there is no such record set. If `before` is a
   *   record set that you have read, fails with a `ConflictError` if the record
   *   set has other data.
   *
   * Unless `changeSupport.adds` is `"compare"`, record sets are compared just
   * before the change, so a change in between can go unnoticed.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param changes The changes, in any order; each is about another record set.
   * @param options Options of the call.
   * @returns The change, for `waitForChange()`.
   * @throws {TypeError} If a value is invalid, or if `before` and `after` of a
   *   change have different names or types.
   * @throws {RangeError} If a number is out of the provider's range, or if there
   *   are more than `changeSupport.maxChanges` changes.
   * @throws {ConflictError} If a record set is not as it was read.
   */
  async changeRecordSets(
    zone: ZoneRef,
    changes: readonly RecordSetChange[],
    options: CallOptions = {},
  ): Promise<ChangeResult> {
    return await this.#change("changeRecordSets", zone, changes, options);
  }

  /**
   * Adds values to a record set, or creates it. All other values stay, even those
   * that another writer adds at the same time. If the record set exists, its TTL
   * stays the same.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set Name, type, and the values to add.
   * @param options Options of the call. `timeoutMs` limits all requests together.
   * @returns The change.
   * @throws {RecordSetConflictError} If other writers undid the change again and
   *   again. `lost` of the error contains the values that are not there.
   */
  async addRecord(
    zone: ZoneRef,
    set: RecordSetInput,
    options: RecordOptions = {},
  ): Promise<ChangeResult> {
    const operation = "addRecord";
    return await this.#changeValues(
      operation,
      zone,
      options,
      set,
      (...all) => this.addValues(...all),
    );
  }

  /**
   * Removes values from a record set. All other values stay. If none is left, the
   * record set is deleted. Values that are not there are ignored.
   *
   * @param zone The zone, its id, or `{ name }`.
   * @param set Name, type, and the values to remove.
   * @param options Options of the call. `timeoutMs` limits all requests together.
   * @returns The change.
   * @throws {RecordSetConflictError} If other writers undid the change again and
   *   again. `lost` of the error contains the values that are still there.
   */
  async removeRecord(
    zone: ZoneRef,
    set: RecordSetInput,
    options: RecordOptions = {},
  ): Promise<ChangeResult> {
    const operation = "removeRecord";
    return await this.#changeValues(
      operation,
      zone,
      options,
      set,
      (...all) => this.removeValues(...all),
    );
  }

  /**
   * Waits until all name servers of the provider have a change. Resolves at once
   * if the provider does not tell.
   *
   * @param change The result of the change.
   * @param options Polling interval and time limit. The default time limit is 10
   *   minutes.
   * @returns The change. With `once`, its state may still be `"pending"`.
   * @throws {TimeoutError} If the time limit is reached.
   */
  async waitForChange(
    change: ChangeResult,
    options: ChangeWaitOptions = {},
  ): Promise<ChangeResult> {
    const operation = "waitForChange";
    if (Object(change) !== change) {
      throw mistake(operation, "change", "the result of a change", change);
    }
    const { id, state } = change;
    if (state === "done" || id === undefined) {
      return { ...change, state: "done" };
    }
    if (options.once) return await this.readChange(operation, id, options);
    const about = {
      provider: this.provider,
      operation,
      describe: () => `change ${oneLine(id)} is pending`,
    };
    return await poll(about, options, async (call) => {
      const read = await this.readChange(operation, id, call);
      return read.state === "done" ? read : undefined;
    });
  }

  /**
   * Returns a record set as the provider will keep it: with its TTL, and names and
   * values in their usual form. Sends nothing.
   *
   * @param set The record set.
   * @returns The record set.
   * @throws {TypeError} If a value is invalid, or if the provider cannot hold it.
   * @throws {RangeError} If a number is out of the provider's range.
   */
  normalizeRecordSet(set: RecordSetInput): RecordSetInput {
    return this.#fitSet("normalizeRecordSet", set);
  }

  /**
   * Whether name, type, TTL and data tell all about a record set, so that another
   * one may take its place. Whatever deletes or replaces record sets on its own
   * should leave all others alone. Sends nothing.
   *
   * @param _set A record set that was read.
   * @returns Whether they do. If the provider has record sets of other kinds,
   *   such as aliases, the driver overrides this method.
   */
  isPlain(_set: R): boolean {
    return true;
  }

  /**
   * Requests one zone.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param options Options of the call.
   * @returns The zone.
   * @throws {NotFoundError} If there is no such zone.
   */
  protected abstract readZone(
    operation: string,
    zone: ZoneTarget,
    options: CallOptions,
  ): Promise<Z>;

  /**
   * Deletes a zone.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone. Its name may be `""`.
   * @param options Options of the call.
   */
  protected abstract removeZone(
    operation: string,
    zone: ZoneTarget,
    options: CallOptions,
  ): Promise<void>;

  /**
   * Lists record sets of a zone.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param filter Selects record sets. Use `name` and `type` if the provider
   *   filters by them, and always `keep`.
   * @param options Options of the call.
   * @returns The listing.
   */
  protected abstract readRecordSets(
    operation: string,
    zone: ZoneTarget,
    filter: RecordSetFilter,
    options: ListOptions,
  ): Listing<R>;

  /**
   * Makes changes. All have been checked: names are relative, record sets are as
   * `fitRecordSet()` returns them, and each change can be made after those before
   * it. If the changes cannot be made at once, use `applyEach()`.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param changes The changes, in the order in which to make them.
   * @param options Options of the call.
   * @returns The change.
   */
  protected abstract writeChanges(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult>;

  /**
   * Returns a record set as the provider will keep it, or rejects it. Called
   * before any request with every record set of the caller. Must send nothing.
   *
   * @param operation Method that the caller called, for errors.
   * @param set The record set, with names and values in their usual form.
   * @param extra Property `extra` of the caller's record set. It may come from
   *   another provider. If the provider has options of its own for record sets,
   *   return them as `extra`, and `writeChanges()` gets them.
   * @returns The record set.
   * @throws {TypeError} If the provider cannot hold the record set.
   * @throws {RangeError} If a number is out of the provider's range.
   */
  protected abstract fitRecordSet(
    operation: string,
    set: RecordSetInput,
    extra: Extra,
  ): RecordSetInput;

  /**
   * Returns the id of the zone with a name, if ids are made from names.
   *
   * @param _name Name of the zone, without the final dot.
   * @returns The id; `undefined` if the provider has to tell it.
   */
  protected zoneIdOf(_name: string): string | undefined {
    return undefined;
  }

  /**
   * Returns the name of the zone with an id, if ids are made from names.
   *
   * @param _id Id of the zone.
   * @returns The name; `undefined` if the provider has to tell it.
   */
  protected zoneNameOf(_id: string): string | undefined {
    return undefined;
  }

  /**
   * Requests the zone with the first of some names that is the name of a zone.
   * If the provider can look up a name, override this method. By default, all
   * zones are listed.
   *
   * @param operation Method that the caller called, for errors.
   * @param names The names, the one that fits best first.
   * @param options Options of the call.
   * @returns The zone; `undefined` if no zone has one of the names.
   */
  protected async readZoneNamed(
    operation: string,
    names: readonly string[],
    options: CallOptions,
  ): Promise<Z | undefined> {
    const zones = await this.readZones(operation, options);
    const found = names.map((name) => zones.find((zone) => zone.name === name));
    return found.find((zone) => zone !== undefined);
  }

  /**
   * Lists all zones, to find one by its name.
   *
   * @param _operation Method that the caller called, for errors.
   * @param options Options of the call.
   * @returns The listing.
   */
  protected readZones(_operation: string, options: ListOptions): Listing<Z> {
    return this.listZones(options);
  }

  /**
   * Requests one record set. If the provider can send it in fewer requests than
   * a list, override this method.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param key Name and type of the record set.
   * @param options Options of the call.
   * @returns The record set; `undefined` if it does not exist.
   */
  protected async readRecordSet(
    operation: string,
    zone: ZoneTarget,
    { name, type }: RecordSetKey,
    options: CallOptions,
  ): Promise<R | undefined> {
    const filter = this.#toFilter(operation, { name, type }, zone);
    const sets = await this.readRecordSets(operation, zone, filter, options);
    return sets[0];
  }

  /**
   * Requests the state of a change. If the provider tells it, override this
   * method.
   *
   * @param _operation Method that the caller called, for errors.
   * @param id Id of the change.
   * @param _options Options of the call.
   * @returns The change.
   */
  protected readChange(
    _operation: string,
    id: string,
    _options: CallOptions,
  ): Promise<ChangeResult> {
    return Promise.resolve({ id, state: "done" });
  }

  /**
   * Adds values to a record set. If the provider adds single values, override
   * this method.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param set The values to add.
   * @param options Options of the call.
   * @returns The change.
   */
  protected async addValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: RecordOptions,
  ): Promise<ChangeResult> {
    const toChange = (current: R | undefined): RecordSetChange => {
      if (!current) return { action: "create", after: set };
      const data = [...current.data, ...missingIn(current, set.data)];
      const after = { ...set, ttl: current.ttl, data } as RecordSetInput;
      return { action: "replace", before: current, after };
    };
    return await this.writeValues(operation, zone, set, options, {
      lostIn: (current) => missingIn(current, set.data),
      write: (current, call) =>
        this.writeChanges(operation, zone, [toChange(current)], call),
    });
  }

  /**
   * Removes values from a record set. If the provider removes single values,
   * override this method.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param set The values to remove.
   * @param options Options of the call.
   * @returns The change.
   */
  protected async removeValues(
    operation: string,
    zone: ZoneTarget,
    set: RecordSetInput,
    options: RecordOptions,
  ): Promise<ChangeResult> {
    const toChange = (current: R | undefined): RecordSetChange => {
      const data = current ? without(current, set.data) : [];
      if (!current) return { action: "delete", before: set };
      if (data.length === 0) return this.toRemoval(current);
      const after = { ...set, ttl: current.ttl, data } as RecordSetInput;
      return { action: "replace", before: current, after };
    };
    return await this.writeValues(operation, zone, set, options, {
      lostIn: (current) => presentIn(current, set.data),
      write: (current, call) =>
        this.writeChanges(operation, zone, [toChange(current)], call),
    });
  }

  /**
   * Adds or removes values of a record set that others may write as well. Reads
   * the record set, writes it, and repeats both as `changeSupport.adds` says: with
   * `"native"` and `"compare"`, if the provider rejects the write with a
   * `ConflictError`.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param key Name and type of the record set.
   * @param options Options of the call.
   * @param step How to write the values.
   * @returns The change.
   */
  protected async writeValues(
    operation: string,
    zone: ZoneTarget,
    { name, type }: RecordSetKey,
    options: RecordOptions,
    step: ValueWrite<R>,
  ): Promise<ChangeResult> {
    const key = { name, type };
    const write: Write<R> = {
      ...step,
      provider: this.provider,
      operation,
      turn: (run) => this.#turns.take(`${zone.id} ${keyOf(key)}`, run),
      read: (call) => this.readBeforeWrite(operation, zone, key, call),
      verify: (call) => this.readRecordSet(operation, zone, key, call),
      giveUp: (lost) => {
        const message = `other writers changed the record set ${
          oneLine(name)
        } ${type} again and again; ${lost.length} values are lost`;
        return this.#conflict(operation, key, message, lost);
      },
    };
    return this.changeSupport.adds === "readBack"
      ? await writeByReadBack(write, options)
      : await writeByCompare(write, options);
  }

  /**
   * Returns the change after which a record set has no values. If more than its
   * values would be lost, override this method.
   *
   * @param current The record set.
   * @returns The change.
   */
  protected toRemoval(current: R): RecordSetChange {
    return { action: "delete", before: current };
  }

  /**
   * Requests one record set, with all that `writeChanges()` must keep.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param key Name and type of the record set.
   * @param options Options of the call.
   * @returns The record set; `undefined` if it does not exist.
   */
  protected async readBeforeWrite(
    operation: string,
    zone: ZoneTarget,
    key: RecordSetKey,
    options: CallOptions,
  ): Promise<R | undefined> {
    return await this.readRecordSet(operation, zone, key, options);
  }

  /**
   * Compares the record sets that the caller has read with those of now. If the
   * provider does so, or if `writeChanges()` does, override this method with one
   * that does nothing.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone.
   * @param changes The changes.
   * @param options Options of the call.
   * @throws {RecordSetConflictError} If a record set is not as it was read.
   */
  protected async checkUnchanged(
    operation: string,
    zone: ZoneTarget,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<void> {
    const toCheck = changes.filter(needsCheck);
    const [only] = toCheck;
    if (!only) return;
    const sets = toCheck.length === 1
      ? [await this.readRecordSet(operation, zone, targetOf(only), options)]
      : await this.readRecordSets(operation, zone, ALL, options);
    const current = new Map(
      sets.filter((set) => set !== undefined).map((set) => [keyOf(set), set]),
    );
    for (const change of toCheck) {
      if (isUnchanged(change, current.get(keyOf(targetOf(change))))) continue;
      throw this.conflict(operation, change);
    }
  }

  /**
   * Creates the error for a record set that is not as it was read.
   *
   * @param operation Method that the caller called.
   * @param change The change that cannot be made.
   * @returns The error.
   */
  protected conflict(
    operation: string,
    change: RecordSetChange,
  ): RecordSetConflictError {
    const { name, type } = targetOf(change);
    const reason = change.action === "create"
      ? "exists already"
      : "has changed since it was read";
    return this.#conflict(
      operation,
      { name, type },
      `the record set ${oneLine(name)} ${type} ${reason}`,
      [],
    );
  }

  /**
   * Finds the id of a zone, and its name if the API needs it. Sends a request only
   * if the caller's reference does not contain them.
   *
   * @param operation Method that the caller called, for errors.
   * @param zone The zone of the caller.
   * @param options Options of the call.
   * @returns The zone.
   * @throws {TypeError} If `zone` is not a zone.
   * @throws {NotFoundError} If there is no such zone.
   */
  protected async resolve(
    operation: string,
    zone: ZoneRef,
    options: CallOptions,
  ): Promise<ZoneTarget> {
    const known = this.#known(operation, zone);
    return await this.#resolve(operation, known, options);
  }

  /**
   * Finds a zone as `resolve()` does, and sends requests about it. The time limit
   * of the caller applies to all requests together.
   *
   * @typeParam O Options of the call.
   * @typeParam T Result of the requests.
   * @param operation Method that the caller called, for errors.
   * @param zone The zone of the caller.
   * @param options Options of the call.
   * @param run Sends the requests; receives the zone, and options for each request.
   * @returns The result of the requests.
   * @throws {TypeError} If `zone` is not a zone.
   * @throws {NotFoundError} If there is no such zone.
   * @throws {TimeoutError} If the time limit is reached.
   */
  protected async withZone<O extends CallOptions, T>(
    operation: string,
    zone: ZoneRef,
    options: O,
    run: (zone: ZoneTarget, call: O) => Promise<T>,
  ): Promise<T> {
    const known = this.#known(operation, zone);
    return await this.#within(operation, options, async (call) => {
      return await run(await this.#resolve(operation, known, call), call);
    });
  }

  /** What a reference tells about a zone. */
  #known(operation: string, zone: ZoneRef): KnownZone {
    const { id, name } = checkZoneRef(zone, operation);
    if (id === undefined) return { id: this.zoneIdOf(name), name };
    return { id, name: name || this.zoneNameOf(id) || "" };
  }

  async #resolve(
    operation: string,
    { id, name }: KnownZone,
    options: CallOptions,
    needsName: boolean = this.needsZoneName,
  ): Promise<ZoneTarget> {
    if (id === undefined) {
      return await this.#readNamed(operation, name, options);
    }
    if (name || !needsName) return { id, name };
    return await this.readZone(operation, { id, name }, options);
  }

  async #readNamed(
    operation: string,
    name: string,
    options: CallOptions,
  ): Promise<Z> {
    const zone = await this.readZoneNamed(operation, [name], options);
    return zone ??
      this.#notFound(operation, `no zone has the name ${oneLine(name)}`);
  }

  /** Finds the zone of a call, and makes the name of its record set relative. */
  async #locate<K extends RecordSetKey>(
    operation: string,
    known: KnownZone,
    options: CallOptions,
    set: K,
  ): Promise<{ readonly target: ZoneTarget; readonly set: K }> {
    const needsName = isAbsolute(set) || this.needsZoneName;
    const target = await this.#resolve(operation, known, options, needsName);
    return { target, set: toRelative(set, target, operation) };
  }

  /** Adds or removes values, after all checks. */
  async #changeValues(
    operation: string,
    zone: ZoneRef,
    options: RecordOptions,
    set: RecordSetInput,
    change: (
      operation: string,
      zone: ZoneTarget,
      set: RecordSetInput,
      options: RecordOptions,
    ) => Promise<ChangeResult>,
  ): Promise<ChangeResult> {
    const known = this.#known(operation, zone);
    const fitted = this.#fitSet(operation, set);
    checkNumber(options.settleMs, operation, "settleMs", 0);
    return await this.#within(operation, options, async (call) => {
      const located = await this.#locate(operation, known, call, fitted);
      return await change(operation, located.target, located.set, call);
    });
  }

  /** Runs several requests under the caller's time limit. */
  async #within<O extends CallOptions, T>(
    operation: string,
    options: O,
    run: (call: O) => Promise<T>,
  ): Promise<T> {
    const { signal, timeoutMs } = options;
    signal?.throwIfAborted();
    // Without a limit of the caller, each request has the one of the connection.
    if (timeoutMs === undefined) return await run(options);
    const { provider } = this;
    return await Deadline.run(
      { signal, timeoutMs },
      { provider, operation },
      (deadline) =>
        run({ ...options, signal: deadline.signal, timeoutMs: undefined }),
    );
  }

  async #change(
    operation: string,
    zone: ZoneRef,
    changes: readonly RecordSetChange[],
    options: CallOptions,
  ): Promise<ChangeResult> {
    if (!Array.isArray(changes)) {
      throw mistake(operation, "changes", "an array", changes);
    }
    const { maxChanges, adds } = this.changeSupport;
    if (changes.length > maxChanges) {
      throw new RangeError(
        `${operation}: changes has ${changes.length} items; ` +
          `${this.displayName} accepts at most ${maxChanges}`,
      );
    }
    const known = this.#known(operation, zone);
    const fitted = changes.map((change) => this.#fit(operation, change));
    const needsName = this.needsZoneName ||
      fitted.some((change) => isAbsolute(targetOf(change)));
    if (fitted.length === 0) return { state: "done" };
    // Absolute names are the same as relative ones only in their zone.
    checkDistinct(fitted, operation);
    return await this.#within(operation, options, async (call) => {
      const target = await this.#resolve(operation, known, call, needsName);
      const relative = fitted.map((change) =>
        relativeChange(change, target, operation)
      );
      for (const change of relative) checkBefore(change, target, operation);
      checkDistinct(relative, operation);
      const ordered = orderChanges(relative);
      if (adds !== "compare") {
        await this.checkUnchanged(operation, target, ordered, call);
      }
      return await this.writeChanges(operation, target, ordered, call);
    });
  }

  /** Checks a change, and fits its record set to the provider. */
  #fit(operation: string, change: RecordSetChange): RecordSetChange {
    const { action } = Object(change) as Partial<RecordSetChange>;
    switch (action) {
      case "create":
      case "replace": {
        const { after } = change as RecordSetChange & { action: "create" };
        const set = this.#fitSet(operation, after);
        const fitted = { ...change, after: set } as RecordSetChange;
        checkBefore(fitted, NOWHERE, operation);
        return fitted;
      }
      case "delete": {
        const { before } = change as RecordSetChange & { action: "delete" };
        return { action, before: checkRecordSetKey(before, operation) };
      }
      default: {
        const expected = '"create", "replace" or "delete"';
        throw mistake(operation, "action", expected, action);
      }
    }
  }

  /** Checks a record set, and fits it to the provider. */
  #fitSet(operation: string, set: RecordSetInput): RecordSetInput {
    const checked = checkRecordSet(set, operation);
    const { extra } = set as Partial<RecordSet>;
    return this.fitRecordSet(operation, checked, Object(extra));
  }

  #toFilter(
    operation: string,
    { name, type }: Pick<ListRecordSetsOptions, "name" | "type">,
    zone: ZoneTarget,
  ): RecordSetFilter {
    if (name === undefined && type === undefined) return ALL;
    const wanted = {
      name: name === undefined
        ? undefined
        : relativeName(name, zone.name || ".", { operation }),
      type,
    };
    return {
      ...wanted,
      keep: (set) =>
        (wanted.name === undefined || wanted.name === set.name) &&
        (type === undefined || type === set.type),
    };
  }

  #conflict(
    operation: string,
    recordSet: RecordSetKey,
    message: string,
    lost: readonly RecordData[],
  ): RecordSetConflictError {
    return new RecordSetConflictError(`${operation}: ${message}`, {
      provider: this.provider,
      operation,
      status: 409,
      method: "GET",
      url: this.connection.baseUrl,
      body: "",
      recordSet,
      lost,
    });
  }

  #notFound(operation: string, message: string): never {
    throw new NotFoundError(`${operation}: ${message}`, {
      provider: this.provider,
      operation,
      status: 404,
      method: "GET",
      url: this.connection.baseUrl,
      body: "",
    });
  }
}

/** What a reference tells about a zone, and what the driver makes of it. */
interface KnownZone {
  readonly id: string | undefined;
  readonly name: string;
}

/** Whether a name ends in a dot. A dot after a backslash is part of a label. */
function isAbsolute({ name }: Pick<RecordSetKey, "name">): boolean {
  return typeof name === "string" &&
    name.replace(/\\[^]/g, "").endsWith(".");
}

function toRelative<K extends RecordSetKey>(
  set: K,
  zone: ZoneTarget,
  operation: string,
): K {
  const name = relativeName(set.name, zone.name || ".", { operation });
  return { ...set, name };
}

/** Rejects the replacement of a record set by one with another name or type. */
function checkBefore(
  change: RecordSetChange,
  zone: ZoneTarget,
  operation: string,
): void {
  if (change.action !== "replace" || !change.before) return;
  const { after } = change;
  const before = checkRecordSetKey(change.before, operation, "before");
  // An absolute name can be compared when the zone is known.
  const isLater = zone === NOWHERE && (isAbsolute(after) || isAbsolute(before));
  const key = isLater
    ? { ...before, name: after.name }
    : toRelative(before, zone, operation);
  const [expected, actual] = [after, key].map((set) => show(keyOf(set)));
  if (expected === actual) return;
  throw new TypeError(
    `${operation}: before must be the record set ${expected}, got ${actual}`,
  );
}

function relativeChange(
  change: RecordSetChange,
  zone: ZoneTarget,
  operation: string,
): RecordSetChange {
  const set = toRelative(targetOf(change), zone, operation);
  return change.action === "delete"
    ? { ...change, before: set }
    : { ...change, after: set } as RecordSetChange;
}
