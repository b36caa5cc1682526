/**
 * Finds what the user refers to by an id or a name.
 *
 * @module
 */

import type { Node, NodeDriver } from "../core/compute/mod.ts";
import { NotFoundError, ValidationError } from "../core/errors.ts";
import { joinFew } from "../core/message.ts";
import type { CallOptions } from "../core/options.ts";
import { CommandError, ExitCode, usageError } from "./errors.ts";

/** A record with an id and a name. */
export interface Named {
  /** Id at the provider. */
  readonly id: string;
  /** Name for people. */
  readonly name?: string | undefined;
}

/**
 * Finds nodes. An id needs one request; for names, all nodes are listed once.
 *
 * @param driver The driver.
 * @param refs Ids or names.
 * @param call Options of the calls.
 * @returns The nodes, in the given order, each once.
 * @throws {CommandError} If a node does not exist, or several have the name.
 */
export async function findNodes(
  driver: NodeDriver,
  refs: readonly string[],
  call: CallOptions,
): Promise<Node[]> {
  const found: Node[] = [];
  let all: Node[] | undefined;
  for (const ref of refs) {
    found.push(
      await getNode(driver, ref, call) ??
        choose(all ??= await driver.listNodes(call), ref, "node"),
    );
  }
  return distinct(found);
}

/**
 * Leaves out records that the user named twice.
 *
 * @typeParam T A record.
 * @param records The records.
 * @returns Each record once, in their order.
 */
export function distinct<T extends Named>(records: readonly T[]): T[] {
  return [...new Map(records.map((it) => [it.id, it])).values()];
}

/** Gets a node by its id; `undefined` if no node has it. */
async function getNode(
  driver: NodeDriver,
  ref: string,
  call: CallOptions,
): Promise<Node | undefined> {
  try {
    return await driver.getNode(ref, call);
  } catch (error) {
    // A name may not look like an id of the provider.
    const isNoId = NotFoundError.is(error) || ValidationError.is(error) ||
      error instanceof TypeError;
    if (isNoId) return undefined;
    throw error;
  }
}

/**
 * Chooses a record by its id, else by its name.
 *
 * @typeParam T A record.
 * @param records All records.
 * @param ref Id or name.
 * @param noun Word for a record, such as `"volume"`.
 * @returns The record.
 * @throws {CommandError} If no record has the id or the name, or several do.
 */
export function choose<T extends Named>(
  records: readonly T[],
  ref: string,
  noun: string,
): T {
  const found = find(records, ref, noun);
  if (found) return found;
  throw new CommandError(
    ExitCode.NOT_FOUND,
    `no ${noun} has the id or the name ${JSON.stringify(ref)}`,
    `run "nephos ${commandFor(noun)} list"`,
  );
}

/**
 * Chooses a record to change. What is not in the list is taken for an id: some
 * providers list a new record only after a while.
 *
 * @param records All records.
 * @param ref Id or name.
 * @param noun Word for a record, such as `"volume"`.
 * @returns The record, or the id.
 * @throws {CommandError} If several records have the name.
 */
export function toTarget(
  records: readonly Named[],
  ref: string,
  noun: string,
): Named {
  return find(records, ref, noun) ?? { id: ref };
}

function find<T extends Named>(
  records: readonly T[],
  ref: string,
  noun: string,
): T | undefined {
  const byId = records.find(({ id }) => id === ref);
  if (byId) return byId;
  const named = records.filter(({ name }) => name === ref);
  if (named.length < 2) return named[0];
  throw usageError(
    `${named.length} ${noun}s have the name ${JSON.stringify(ref)}`,
    `use one of the ids ${joinFew(named.map(({ id }) => id))}`,
  );
}

/** The group of commands for records, such as `"keys"` for `"key pair"`. */
function commandFor(noun: string): string {
  return `${noun.split(" ")[0]}s`;
}
