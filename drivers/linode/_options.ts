/**
 * The options of Linode's compute driver, and the data that they become in
 * requests.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type CallOptions,
  checkSecret,
  checkText,
  generatePassword,
  given,
  idJson,
  idOf,
  idsOf,
  mistake,
  type Ref,
  refuse,
  toText,
} from "../../core/mod.ts";
import {
  type AttachVolumeOptions,
  checkPublicKey,
  checkSize,
  checkUserData,
  type CreateImageOptions,
  type CreateNodeOptions,
  type CreateVolumeOptions,
  type NodeAuth,
  type NodeListOptions,
  type ResizeNodeOptions,
  type TagInput,
  toTagStrings,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import { DISPLAY_NAME, type LinodeListOptions } from "./_connection.ts";

/** Options of `LinodeNodeDriver.listNodes()`. */
export interface LinodeListNodesOptions
  extends LinodeListOptions, NodeListOptions {}

/** Options of `LinodeNodeDriver.listImages()`. */
export interface LinodeListImagesOptions extends LinodeListOptions {
  /**
   * `true` lists only images of Linode, `false` only images of the account.
   *
   * @default {both}
   */
  readonly isPublic?: boolean | undefined;
  /**
   * `"manual"` lists only images that a user created, `"automatic"` only those
   * that Linode created from deleted disks.
   *
   * @default {both}
   */
  readonly type?: "manual" | "automatic" | undefined;
}

/** Options of `LinodeNodeDriver.listStackScripts()`. */
export interface LinodeListStackScriptsOptions extends LinodeListOptions {
  /**
   * `true` lists only the StackScripts of the account, `false` only those of
   * other accounts, which are thousands.
   *
   * @default {both}
   */
  readonly isMine?: boolean | undefined;
}

/** Options of `LinodeNodeDriver.listEvents()`. */
export interface LinodeListEventsOptions extends LinodeListOptions {
  /** Lists only events about this node. */
  readonly node?: Ref | undefined;
  /** Lists only events of this kind, such as `"linode_boot"`. */
  readonly action?: string | undefined;
}

/** Options of `rebuildNode()`, which `createNode()` has as well. */
export interface LinodeDeployOptions extends CallOptions {
  /** Image, from `listImages()`. */
  readonly image: Ref;
  /**
   * A public key or a password for root. Linode requires a password, even for
   * nodes with a public key.
   *
   * @default {24 random letters and digits, in `rootPassword` of the result}
   */
  readonly auth?: NodeAuth | undefined;
  /**
   * Key pairs from `listKeyPairs()`. Linode requires the keys themselves. For a
   * record the driver sends its `publicKey`; for an id it gets the key first,
   * which takes one request per key.
   */
  readonly keyPairs?: readonly Ref[] | undefined;
  /** Names of users of the account, all of whose public keys are added. */
  readonly authorizedUsers?: readonly string[] | undefined;
  /** User data for cloud-init, 65535 bytes at most. It is used on first boot. */
  readonly userData?: string | Uint8Array<ArrayBuffer> | undefined;
  /** StackScript to run on first boot, from `listStackScripts()`. */
  readonly stackScript?: Ref | undefined;
  /** Values of the fields of the StackScript. Errors never show them. */
  readonly stackScriptData?: Readonly<Record<string, string>> | undefined;
  /**
   * Whether the node is started.
   *
   * @default {true}
   */
  readonly isBooted?: boolean | undefined;
}

/** Options of `LinodeNodeDriver.createNode()`. */
export interface LinodeCreateNodeOptions
  extends CreateNodeOptions, LinodeDeployOptions {
  /** Location, from `listLocations()`. Linode requires it. */
  readonly location?: Ref | undefined;
  /** Tags of the node. A tag with a value becomes `"key:value"`. */
  readonly tags?: TagInput | undefined;
  /**
   * Whether the node gets a private IPv4 address in addition.
   *
   * @default {false}
   */
  readonly hasPrivateIp?: boolean | undefined;
  /**
   * Whether the node is backed up every day. Linode charges for backups.
   *
   * @default {false}
   */
  readonly isBackedUp?: boolean | undefined;
  /** Firewall for the node. */
  readonly firewall?: Ref | undefined;
  /**
   * Network interfaces, for VPCs and VLANs, in Linode's own JSON:
   * `[{ purpose: "vpc", subnet_id: 321, primary: true }]`.
   *
   * @default {one public interface}
   */
  readonly interfaces?:
    | readonly Readonly<Record<string, unknown>>[]
    | undefined;
}

/** Options of `LinodeNodeDriver.cloneNode()`. */
export interface LinodeCloneNodeOptions extends CallOptions {
  /**
   * Name of the clone.
   *
   * @default {a name that Linode generates}
   */
  readonly name?: string | undefined;
  /**
   * Size of the clone.
   *
   * @default {the size of the node}
   */
  readonly size?: Ref | undefined;
  /**
   * Location of the clone.
   *
   * @default {the location of the node}
   */
  readonly location?: Ref | undefined;
}

/** Options of `LinodeNodeDriver.resizeNode()`. */
export interface LinodeResizeNodeOptions extends ResizeNodeOptions {
  /**
   * Whether the disk grows to the new size, if the node has only one disk.
   *
   * @default {true}
   */
  readonly resizesDisk?: boolean | undefined;
  /**
   * `"cold"` shuts the node down for the whole migration, `"warm"` only for its
   * last part.
   *
   * @default {"cold"}
   */
  readonly migration?: "cold" | "warm" | undefined;
}

/** Options of `LinodeNodeDriver.resetPassword()`. */
export interface LinodeResetPasswordOptions extends CallOptions {
  /**
   * The new root password: 7 to 128 characters. Linode rejects passwords that
   * are easy to guess.
   */
  readonly password: string;
}

/** Options of `LinodeNodeDriver.setTags()`. */
export interface LinodeSetTagsOptions extends CallOptions {
  /**
   * All tags of the node. A tag with a value becomes `"key:value"`. An empty
   * object or array removes all tags.
   */
  readonly tags: TagInput;
}

/** Options of `LinodeNodeDriver.createImage()`. */
export interface LinodeCreateImageOptions extends CreateImageOptions {
  /**
   * Disk of the node, from `listDisks()`.
   *
   * @default {the first disk that is not swap space}
   */
  readonly disk?: Ref | undefined;
}

/** Options of `LinodeNodeDriver.createVolume()`. */
export interface LinodeCreateVolumeOptions extends CreateVolumeOptions {
  /**
   * Location of the volume. It is required unless `node` is given.
   *
   * @default {the location of `node`}
   */
  readonly location?: Ref | undefined;
  /** Node to attach the volume to. */
  readonly node?: Ref | undefined;
  /** Tags of the volume. A tag with a value becomes `"key:value"`. */
  readonly tags?: TagInput | undefined;
}

/** Options of `LinodeNodeDriver.attachVolume()`. */
export interface LinodeAttachVolumeOptions extends AttachVolumeOptions {
  /**
   * Whether the volume stays attached when the node boots again.
   *
   * @default {true}
   */
  readonly persists?: boolean | undefined;
}

/** Options of `LinodeNodeDriver.resizeVolume()`. */
export interface LinodeResizeVolumeOptions extends CallOptions {
  /** New capacity in GB. Volumes cannot shrink. */
  readonly sizeGb: number;
}

/** Options of `cloneVolume()` and `takeBackup()`. */
export interface LinodeNameOptions extends CallOptions {
  /** Name of the new volume or backup. */
  readonly name: string;
}

/** The user data that Linode accepts. */
export const USER_DATA: UserDataSupport = {
  maxBytes: 65_535,
  takesBytes: true,
};

/** The data of `createNode()` and `rebuildNode()`, before keys are fetched. */
export interface DeployForm {
  readonly image: string;
  readonly root_pass: string;
  readonly authorized_users: readonly string[] | undefined;
  readonly metadata: { readonly user_data: string } | undefined;
  readonly stackscript_id: string | number | undefined;
  readonly stackscript_data: Readonly<Record<string, string>> | undefined;
  readonly booted: boolean | undefined;
}

/** The request of a deployment, checked and converted. */
export interface DeployRequest {
  /** The data, without the public keys. */
  readonly form: DeployForm;
  /** Public keys, and ids of key pairs whose public key must be fetched. */
  readonly keys: readonly (string | { readonly id: string })[];
  /** The parts of `form` that no error may show. */
  readonly secrets: readonly string[];
  /** Whether the driver generated the root password. */
  readonly isPasswordGenerated: boolean;
}

/** Checks and converts the options that createNode() and rebuildNode() share. */
export function toDeployRequest(
  options: LinodeDeployOptions,
  operation: string,
): DeployRequest {
  const { userData, stackScriptData } = options;
  const image = idOf(options.image, operation, "image");
  const { sshKey, password } = toLogin(options.auth, operation);
  checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
  const rootPassword = password ?? generatePassword();
  const encoded = userData ? encodeBase64(userData) : undefined;
  const { keyPairs = [] } = options;
  const keyPairKeys = idsOf(keyPairs, operation, "keyPairs")
    ?.map((id, index) => publicKeyIn(keyPairs[index]) ?? { id }) ?? [];
  return {
    form: {
      image,
      root_pass: rootPassword,
      authorized_users: options.authorizedUsers,
      metadata: given(encoded, (user_data) => ({ user_data })),
      stackscript_id: given(
        options.stackScript,
        (ref) => idJson(ref, operation, "stackScript"),
      ),
      stackscript_data: stackScriptData,
      booted: options.isBooted,
    },
    keys: [...sshKey ? [sshKey] : [], ...keyPairKeys],
    secrets: [
      rootPassword,
      encoded ?? "",
      typeof userData === "string" ? userData : "",
      ...Object.values(stackScriptData ?? {}),
    ],
    isPasswordGenerated: password === undefined,
  };
}

/** Checks the login of the caller. */
function toLogin(
  auth: NodeAuth | undefined,
  operation: string,
): { readonly sshKey?: string; readonly password?: string } {
  if (auth === undefined) return {};
  const { sshKey, password }: { sshKey?: unknown; password?: unknown } = Object(
    auth,
  );
  if (password === undefined) {
    return { sshKey: checkPublicKey(sshKey, operation, "auth.sshKey") };
  }
  checkSecret(password, operation, "auth.password");
  return { password };
}

/** The public key in a record of `listKeyPairs()`; a bare id has none. */
function publicKeyIn(keyPair: Ref | undefined): string | undefined {
  return typeof keyPair === "object" && "publicKey" in keyPair
    ? toText(keyPair.publicKey)?.trim() || undefined
    : undefined;
}

/** The data that only `createNode()` sends. */
export interface NodeForm {
  readonly label: string;
  readonly type: string;
  readonly region: string;
  readonly tags: readonly string[] | undefined;
  readonly private_ip: boolean | undefined;
  readonly backups_enabled: boolean | undefined;
  readonly firewall_id: string | number | undefined;
  readonly interfaces: LinodeCreateNodeOptions["interfaces"];
}

/** Checks and converts the options that only createNode() has. */
export function toNodeForm(options: LinodeCreateNodeOptions): NodeForm {
  const operation = "createNode";
  refuse(operation, DISPLAY_NAME, options, { idempotencyKey: "" });
  const { location } = options;
  if (location === undefined) {
    throw mistake(operation, "location", "a location or its id", location);
  }
  return {
    label: checkText(options.name, operation, "name"),
    type: idOf(options.size, operation, "size"),
    region: idOf(location, operation, "location"),
    tags: toTagStrings(options.tags, operation),
    private_ip: options.hasPrivateIp,
    backups_enabled: options.isBackedUp,
    firewall_id: given(
      options.firewall,
      (ref) => idJson(ref, operation, "firewall"),
    ),
    interfaces: options.interfaces,
  };
}

/** The data of `createVolume()`. */
export interface VolumeForm {
  readonly label: string;
  readonly size: number;
  readonly region: string | undefined;
  readonly linode_id: string | number | undefined;
  readonly tags: readonly string[] | undefined;
}

/** Checks and converts the options of createVolume(). */
export function toVolumeForm(options: LinodeCreateVolumeOptions): VolumeForm {
  const operation = "createVolume";
  refuse(operation, DISPLAY_NAME, options, { snapshot: "" });
  const { location, node } = options;
  if (location === undefined && node === undefined) {
    throw new TypeError(`${operation}: location or node is required`);
  }
  return {
    label: checkText(options.name, operation, "name"),
    size: checkSize(options.sizeGb, operation),
    region: given(location, (ref) => idOf(ref, operation, "location")),
    linode_id: given(node, (ref) => idJson(ref, operation, "node")),
    tags: toTagStrings(options.tags, operation),
  };
}
