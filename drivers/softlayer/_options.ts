/**
 * Options of the methods of the driver.
 *
 * @module
 */

import type { CallOptions, Ref } from "../../core/mod.ts";
import type {
  CreateNodeOptions,
  ImportKeyPairOptions,
  RenameNodeOptions,
} from "../../core/compute/mod.ts";

/** A machine of any size, instead of a size from `listSizes()`. */
export interface SoftLayerMachine {
  /** Number of processors: 1 to 56. */
  readonly cpus: number;
  /** Memory in MiB: a multiple of 1024, at most 247 808, which is 242 GiB. */
  readonly ramMib: number;
  /** First disk in GB: 25 or 100. */
  readonly diskGb: number;
}

/** A size by its id, or a machine: one of the two. */
export type SoftLayerSizeOptions =
  | {
    /**
     * Size, from `listSizes()` or `listFlavors()`. To choose processors, memory
     * and disk yourself, pass `cpus`, `ramMib` and `diskGb` instead.
     */
    readonly size: Ref;
    readonly cpus?: undefined;
    readonly ramMib?: undefined;
    readonly diskGb?: undefined;
  }
  | SoftLayerMachine & { readonly size?: undefined };

/** Options of `createNode()`, without the size. */
export interface SoftLayerOrderOptions extends Omit<CreateNodeOptions, "size"> {
  /**
   * Domain of the node. With the name, it is the fully qualified domain name.
   * SoftLayer does not create DNS records for it.
   *
   * @default {"example.com"}
   */
  readonly domain?: string | undefined;
  /**
   * How SoftLayer bills the node. A node that is billed by the month costs at
   * least one month.
   *
   * @default {"hourly"}
   */
  readonly billing?: "hourly" | "monthly" | undefined;
  /**
   * Whether the disk is in the host (`true`) or in the storage network. A flavor
   * determines it, so do not pass both.
   *
   * @default {true}
   */
  readonly localDisk?: boolean | undefined;
  /**
   * Whether the node has no public address.
   *
   * @default {false}
   */
  readonly privateNetworkOnly?: boolean | undefined;
  /**
   * Speed of the network in Mbit/s.
   *
   * @default {10}
   */
  readonly networkSpeedMbps?: 10 | 100 | 1000 | undefined;
  /**
   * URL of a script, which SoftLayer runs after the installation. It begins with
   * `https://`.
   */
  readonly postInstallScriptUri?: string | undefined;
  /**
   * Whether only nodes of your account run on the host. It costs more. A flavor
   * cannot have it.
   *
   * @default {false}
   */
  readonly dedicated?: boolean | undefined;
  /**
   * Id of the VLAN for the public interface, not its number.
   *
   * @default {SoftLayer's choice}
   */
  readonly frontendVlan?: Ref | undefined;
  /**
   * Id of the VLAN for the private interface, not its number.
   *
   * @default {SoftLayer's choice}
   */
  readonly backendVlan?: Ref | undefined;
}

/** Options of `createNode()`. */
export type SoftLayerCreateNodeOptions =
  & SoftLayerOrderOptions
  & SoftLayerSizeOptions;

/** Options of `resizeNode()`. */
export type SoftLayerResizeNodeOptions = CallOptions & SoftLayerSizeOptions;

/** Options of `rebootNode()` and `stopNode()`. */
export interface SoftLayerPowerOptions extends CallOptions {
  /**
   * Whether the power is switched off, without a shutdown of the operating
   * system. Data that is not yet written to the disk is lost.
   *
   * @default {false}
   */
  readonly force?: boolean | undefined;
}

/** Options of `renameNode()`. */
export interface SoftLayerRenameNodeOptions extends RenameNodeOptions {
  /**
   * New domain.
   *
   * @default {the domain does not change}
   */
  readonly domain?: string | undefined;
}

/** Options of `importKeyPair()`. */
export interface SoftLayerImportKeyPairOptions extends ImportKeyPairOptions {
  /** Notes for people. */
  readonly notes?: string | undefined;
}

/** Options of `setTags()`. */
export interface SoftLayerSetTagsOptions extends CallOptions {
  /** The tags. They replace all others; `{}` removes all. */
  readonly tags: NonNullable<CreateNodeOptions["tags"]>;
}
