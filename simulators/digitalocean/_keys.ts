/**
 * SSH keys.
 *
 * @module
 */

import { STATUS_CODE } from "@std/http/status";
import type { Account, Key } from "./_account.ts";
import { ok, readFields, refuseInvalid, refuseNotFound } from "./_requests.ts";
import {
  type Call,
  jsonResponse,
  noContent,
  type Routes,
  toNumericId,
} from "../kit/mod.ts";

/** Routes of SSH keys. */
export function keyRoutes(account: Account): Routes {
  return {
    "GET /v2/account/keys": (call) =>
      account.page(call, "ssh_keys", [...account.listed.keys.values()]),
    "POST /v2/account/keys": (call) => createKey(account, call),
    "GET /v2/account/keys/{id}": (call) =>
      ok({ ssh_key: keyInPath(account, call) }),
    "PUT /v2/account/keys/{id}": (call) => renameKey(account, call),
    "DELETE /v2/account/keys/{id}": (call) => {
      account.keys.delete(keyInPath(account, call).id);
      return noContent();
    },
  };
}

/** Finds a key by id or fingerprint. */
export function findKey(account: Account, id: unknown): Key | undefined {
  return account.keys.get(toNumericId(id)) ??
    [...account.keys.values()].find(({ fingerprint }) => fingerprint === id);
}

function keyInPath(account: Account, call: Call): Key {
  const id = call.params.get("id") ?? "";
  return findKey(account, id) ?? refuseNotFound();
}

async function createKey(account: Account, call: Call): Promise<Response> {
  const fields = await readFields(call);
  const name = fields.string("name");
  const publicKey = fields.string("public_key").trim();
  const [, blob] = /^\S+ +([\w+/]+=*)(?: .*)?$/.exec(publicKey) ??
    refuseInvalid(
      "Key invalid, key should be of the format `type key [comment]`",
    );
  const fingerprint = await toFingerprint(blob ?? "");
  if (account.keys.isTaken((it) => it.fingerprint === fingerprint)) {
    refuseInvalid("SSH Key is already in use on your account");
  }
  const id = account.takeId();
  const key = { id, fingerprint, public_key: publicKey, name };
  account.keys.add(key);
  return jsonResponse(STATUS_CODE.Created, { ssh_key: key });
}

async function renameKey(account: Account, call: Call): Promise<Response> {
  const key = keyInPath(account, call);
  key.name = (await readFields(call)).string("name");
  return ok({ ssh_key: key });
}

/** Derives a fingerprint from SHA-256, because Web Crypto does not have MD5. */
async function toFingerprint(blob: string): Promise<string> {
  const bytes = new TextEncoder().encode(blob);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest, 0, 16)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
