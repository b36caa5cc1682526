/**
 * Conversion of the options of `createNode()` into a request of Nova.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  checkSecret,
  checkText,
  given,
  idOf,
  idsOf,
  mistake,
  type Ref,
  refuse,
} from "../../core/mod.ts";
import {
  checkSize,
  checkTags,
  checkUserData,
  type NodeAuth,
  type Tags,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import type {
  OpenStackBootVolume,
  OpenStackCreateNodeOptions,
  OpenStackNetworkAttachment,
} from "./_options.ts";

/** Nova accepts 65535 characters of Base64, in which 3 bytes are 4 characters. */
export const USER_DATA: UserDataSupport = {
  maxBytes: Math.floor(65_535 / 4) * 3,
  takesBytes: true,
};

/** The server in a request of `createNode()`. */
export interface ServerForm {
  readonly name: string;
  readonly flavorRef: string;
  readonly imageRef: string;
  readonly availability_zone: string | undefined;
  readonly adminPass: string | undefined;
  readonly key_name: string | undefined;
  readonly user_data: string | undefined;
  readonly metadata: Tags | undefined;
  readonly networks: string | readonly object[] | undefined;
  readonly security_groups: readonly { readonly name: string }[] | undefined;
  readonly block_device_mapping_v2: readonly BlockDeviceForm[] | undefined;
  readonly tags: readonly string[] | undefined;
  readonly config_drive: boolean | undefined;
  readonly description: string | undefined;
}

interface BlockDeviceForm {
  readonly boot_index: 0;
  readonly source_type: "image" | "snapshot" | "volume";
  readonly destination_type: "volume";
  readonly uuid: string;
  readonly volume_size: number | undefined;
  readonly volume_type: string | undefined;
  readonly delete_on_termination: boolean;
}

/** A request of `createNode()`. */
export interface CreateForm {
  readonly server: ServerForm;
  readonly "os:scheduler_hints": { readonly group: string } | undefined;
}

/** A feature, and the oldest microversion that has it. */
export interface Feature {
  readonly name: string;
  readonly since: string;
}

/** Nova chooses the networks, or the node gets none. */
export const NETWORKS: Feature = { name: "networks", since: "2.37" };

/**
 * Converts the options of `createNode()`.
 *
 * @param options Options of the caller.
 * @param provider Name of the provider, for errors.
 * @returns The request, and the parts of it that no error may show.
 * @throws {TypeError} If an option is invalid or not supported.
 * @throws {RangeError} If the user data is too long.
 */
export function toCreateForm(
  options: OpenStackCreateNodeOptions,
  provider: string,
): { readonly form: CreateForm; readonly secrets: readonly string[] } {
  const operation = "createNode";
  const { location, userData, bootVolume, serverGroup } = options;
  refuse(operation, provider, options, { idempotencyKey: "" });
  checkUserData(userData, operation, provider, USER_DATA);
  const adminPass = toPassword(options.auth, operation, provider);
  const user_data = userData ? encodeBase64(userData) : undefined;
  const groups = idsOf(options.securityGroups, operation, "securityGroups");
  const text = (value: string | undefined, name: string) =>
    given(value, (value) => checkText(value, operation, name));
  const form: CreateForm = {
    server: {
      name: checkText(options.name, operation, "name"),
      flavorRef: idOf(options.size, operation, "size"),
      // Empty if the node boots from a volume.
      imageRef: bootVolume ? "" : imageOf(options, operation),
      availability_zone: given(
        location,
        (ref) => idOf(ref, operation, "location"),
      ),
      adminPass,
      key_name: toKeyName(options.keyPairs, operation, provider),
      user_data,
      metadata: given(options.tags, (tags) => checkTags(tags, operation)),
      networks: toNetworks(options.networks, operation),
      security_groups: groups?.map((name) => ({ name })),
      block_device_mapping_v2: given(
        bootVolume,
        (volume) => [toBlockDevice(volume, options, operation)],
      ),
      tags: given(
        options.serverTags,
        (tags) => checkServerTags(tags, operation),
      ),
      config_drive: options.configDrive,
      description: text(options.description, "description"),
    },
    "os:scheduler_hints": given(serverGroup, (ref) => ({
      group: idOf(ref, operation, "serverGroup"),
    })),
  };
  const secrets = [adminPass, user_data, userData]
    .filter((secret) => typeof secret === "string");
  return { form, secrets };
}

/** Lists the features that a new server uses. */
export function featuresOf(server: ServerForm): Feature[] {
  const [disk] = server.block_device_mapping_v2 ?? [];
  return [
    typeof server.networks === "string" && NETWORKS,
    server.description !== undefined &&
    { name: "description", since: "2.19" },
    server.tags !== undefined && { name: "serverTags", since: "2.52" },
    disk?.volume_type !== undefined &&
    { name: "bootVolume.volumeType", since: "2.67" },
  ].filter((feature) => feature !== false);
}

/** Checks server tags, which are strings. */
export function checkServerTags(
  tags: readonly string[],
  operation: string,
): readonly string[] {
  if (!Array.isArray(tags)) {
    throw mistake(operation, "serverTags", "an array of strings", tags);
  }
  for (const tag of tags) {
    if (/[,/]/.test(checkText(tag, operation, "serverTags"))) {
      const expected = "strings without commas and slashes";
      throw mistake(operation, "serverTags", expected, tag);
    }
  }
  return tags;
}

function imageOf(
  { image }: OpenStackCreateNodeOptions,
  operation: string,
): string {
  return idOf(image as Ref, operation, "image");
}

function toPassword(
  auth: NodeAuth | undefined,
  operation: string,
  provider: string,
): string | undefined {
  if (auth === undefined) return undefined;
  const { sshKey, password }: { sshKey?: unknown; password?: unknown } = Object(
    auth,
  );
  if (sshKey !== undefined) {
    throw new TypeError(
      `${operation}: ${provider} does not support auth.sshKey; ` +
        "use importKeyPair()",
    );
  }
  checkSecret(password, operation, "auth.password");
  return password;
}

/** The id of a key pair is its name. */
function toKeyName(
  keyPairs: readonly Ref[] | undefined,
  operation: string,
  provider: string,
): string | undefined {
  const names = idsOf(keyPairs, operation, "keyPairs") ?? [];
  if (names.length > 1) {
    throw new TypeError(
      `${operation}: ${provider} accepts one key pair per node, ` +
        `got ${names.length}`,
    );
  }
  return names[0];
}

function toNetworks(
  networks: OpenStackCreateNodeOptions["networks"],
  operation: string,
): ServerForm["networks"] {
  if (networks === undefined || networks === "auto" || networks === "none") {
    return networks;
  }
  if (!Array.isArray(networks)) {
    const expected = '"auto", "none" or an array';
    throw mistake(operation, "networks", expected, networks);
  }
  return networks.map((network, index) =>
    toNetwork(network, operation, `networks[${index}]`)
  );
}

/** Converts a network, or a connection to a network or a port. */
function toNetwork(
  attachment: Ref | OpenStackNetworkAttachment,
  operation: string,
  name: string,
): object {
  const { network, port, ip }: OpenStackNetworkAttachment = Object(attachment);
  const id = (ref: Ref, part: string) =>
    idOf(ref, operation, `${name}.${part}`);
  if (port !== undefined) return { port: id(port, "port") };
  if (network === undefined) {
    return { uuid: idOf(attachment as Ref, operation, name) };
  }
  return {
    uuid: id(network, "network"),
    fixed_ip: given(ip, (ip) => checkText(ip, operation, `${name}.ip`)),
  };
}

/** Converts the volume to boot from. */
function toBlockDevice(
  bootVolume: OpenStackBootVolume,
  options: OpenStackCreateNodeOptions,
  operation: string,
): BlockDeviceForm {
  const { volume, snapshot, sizeGb, volumeType } = bootVolume;
  const { deleteOnTermination = false } = bootVolume;
  const source_type = volume !== undefined
    ? "volume"
    : snapshot !== undefined
    ? "snapshot"
    : "image";
  const size = (sizeGb: number) => checkSize(sizeGb, operation);
  return {
    boot_index: 0,
    source_type,
    destination_type: "volume",
    uuid: {
      volume: () => idOf(volume as Ref, operation, "bootVolume.volume"),
      snapshot: () => idOf(snapshot as Ref, operation, "bootVolume.snapshot"),
      image: () => imageOf(options, operation),
    }[source_type](),
    // The size of an image is not that of its disk.
    volume_size: source_type === "image"
      ? size(sizeGb as number)
      : given(sizeGb, size),
    volume_type: given(
      volumeType,
      (type) => checkText(type, operation, "bootVolume.volumeType"),
    ),
    delete_on_termination: deleteOnTermination,
  };
}
