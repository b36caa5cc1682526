/**
 * Deployment of images to nodes: disks, passwords, user data and StackScripts.
 *
 * @module
 */

import { decodeBase64 } from "@std/encoding/base64";
import {
  type Account,
  type Disk,
  type Image,
  type Linode,
  USERNAME,
} from "./_account.ts";
import { type StackScript, STACKSCRIPTS, type Type } from "./_catalog.ts";
import { PUBLIC_KEY } from "./_keys.ts";
import { BadRequest } from "./_requests.ts";
import type { Fields } from "../kit/mod.ts";

/** Size of the swap disk, in MB. */
const SWAP_MB = 512;

/** An image to deploy, and whether to boot the node from it. */
export interface Deployment {
  readonly image: Image;
  readonly isBooted: boolean;
  readonly hasUserData: boolean;
}

/**
 * Reads which image to deploy.
 *
 * @param account Account that has the image.
 * @param fields Body of the request.
 * @param type Type of the node, whose disk must be large enough.
 * @returns The deployment, or `undefined` if no image is requested.
 * @throws {BadRequest} If a field is invalid.
 */
export function readDeployment(
  account: Account,
  fields: Fields,
  type: Type,
): Deployment | undefined {
  const id = fields.optional.string("image");
  const password = fields.optional.string("root_pass");
  const data = fields.optional.record("metadata")?.["user_data"];
  const stackScript = readStackScript(fields, id);
  if (id === undefined) {
    if (stackScript) throw new BadRequest("image is required", "image");
    return undefined;
  }
  const image = account.images.get(id);
  if (image?.status !== "available") {
    throw new BadRequest("image is not valid", "image");
  }
  if (image.size > type.disk - SWAP_MB) {
    throw new BadRequest("The image is too large for this type", "image");
  }
  if (password === undefined) {
    throw new BadRequest("root_pass is required", "root_pass");
  }
  checkPassword(password);
  for (const key of fields.optional.strings("authorized_keys") ?? []) {
    if (!PUBLIC_KEY.test(key)) {
      throw new BadRequest("Invalid SSH key", "authorized_keys");
    }
  }
  for (const user of fields.optional.strings("authorized_users") ?? []) {
    if (user !== USERNAME) {
      throw new BadRequest(`User ${user} not found`, "authorized_users");
    }
  }
  if (data !== undefined && data !== null) {
    if (!image.capabilities.includes("cloud-init")) {
      throw new BadRequest("The image does not support metadata", "metadata");
    }
    checkUserData(data);
  }
  return {
    image,
    isBooted: fields.optional.boolean("booted") ?? true,
    hasUserData: typeof data === "string",
  };
}

function readStackScript(
  fields: Fields,
  image: string | undefined,
): StackScript | undefined {
  const id = fields.optional.integer("stackscript_id");
  const data = fields.optional.record("stackscript_data") ?? {};
  if (id === undefined) return undefined;
  const script = STACKSCRIPTS.find((script) => script.id === id);
  if (!script) {
    throw new BadRequest("stackscript is not valid", "stackscript_id");
  }
  const { images } = script;
  if (!images.includes("any/all") && !images.includes(image ?? "")) {
    throw new BadRequest("StackScript is not for this image", "stackscript_id");
  }
  for (const { name, default: fallback } of script.fields) {
    if (fallback === undefined && typeof data[name] !== "string") {
      throw new BadRequest(`${name} is required`, "stackscript_data");
    }
  }
  return script;
}

/** Replaces the disks of a node by those of a deployment. */
export function deploy(
  account: Account,
  linode: Linode,
  deployment: Deployment | undefined,
): void {
  if (!deployment) return;
  const { image, hasUserData } = deployment;
  linode.image = image.id;
  linode.hasUserData = hasUserData;
  const size = linode.type.disk - SWAP_MB;
  linode.disks = [
    newDisk(account, `${image.label} Disk`, "ext4", size),
    newDisk(account, `${SWAP_MB} MB Swap Image`, "swap", SWAP_MB),
  ];
}

function newDisk(
  account: Account,
  label: string,
  filesystem: string,
  size: number,
): Disk {
  const created = account.timestamp();
  return { id: account.takeId(), label, filesystem, size, created };
}

/** Refuses a password that is too weak. */
export function checkPassword(password: string): void {
  if (password.length < 7 || password.length > 128) {
    throw new BadRequest("Length must be 7-128 characters", "root_pass");
  }
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/]
    .filter((kind) => kind.test(password));
  if (kinds.length < 2 || new Set(password).size < 6) {
    throw new BadRequest(
      "Password does not meet strength requirement",
      "root_pass",
    );
  }
}

function checkUserData(data: unknown): void {
  let bytes: number | undefined;
  try {
    bytes = typeof data === "string"
      ? decodeBase64(data).byteLength
      : undefined;
  } catch {
    bytes = undefined;
  }
  if (bytes === undefined) {
    throw new BadRequest(
      "user_data must be base64-encoded",
      "metadata.user_data",
    );
  }
  if (bytes > 65_535) {
    throw new BadRequest("user_data is too long", "metadata.user_data");
  }
}
