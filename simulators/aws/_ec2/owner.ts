/**
 * Owners of images and snapshots.
 *
 * @module
 */

import { refuse } from "./query.ts";
import { ACCOUNT } from "./records.ts";

/**
 * Whether an image or a snapshot has one of the owners of a request.
 *
 * @param resource Image or snapshot.
 * @param owners Account ids, aliases or `"self"`; an empty list allows any
 * owner.
 * @returns Whether an owner matches.
 */
export function isOwnedBy(
  { owner, alias }: {
    readonly owner: string;
    readonly alias?: string | undefined;
  },
  owners: readonly string[],
): boolean {
  return owners.length === 0 ||
    owners.some((it) =>
      it === owner || it === alias || (it === "self" && owner === ACCOUNT)
    );
}

/**
 * Refuses a resource of another account.
 *
 * @param resource Image or snapshot.
 * @param type Type of the resource, for the error message.
 * @throws {Ec2Refusal} If another account owns the resource.
 */
export function checkOwner(
  { id, owner }: { readonly id: string; readonly owner: string },
  type: string,
): void {
  if (owner === ACCOUNT) return;
  refuse("AuthFailure", `Not authorized for ${type}:${id}`, 403);
}
