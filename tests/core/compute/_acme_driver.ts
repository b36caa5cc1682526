/**
 * A driver from elsewhere, which sends no requests.
 *
 * @module
 */

import { type Connection, Listing } from "../../../core/mod.ts";
import {
  type ImageRuleList,
  type Node,
  NodeDriver,
  type NodeImage,
  type NodeLocation,
  type NodeSize,
} from "../../../core/compute/mod.ts";

/** What the account has. */
export interface AcmeContents {
  readonly images?: readonly NodeImage[];
  readonly sizes?: readonly NodeSize[];
  readonly locations?: readonly NodeLocation[];
  readonly rules?: ImageRuleList | undefined;
}

/** A driver of a provider that has only lists. */
export class AcmeNodeDriver extends NodeDriver {
  override readonly provider = "acme";
  override readonly connection = {
    displayName: "Acme",
    baseUrl: "https://api.acme.example/",
  } as Connection;
  /** Options of the calls of its lists. */
  readonly calls: object[] = [];
  readonly #contents: AcmeContents;

  constructor(contents: AcmeContents) {
    super();
    this.#contents = contents;
  }

  override listNodes(): Listing<Node> {
    return Listing.of([]);
  }

  override listSizes(options = {}): Listing<NodeSize> {
    this.calls.push(options);
    return Listing.of(this.#contents.sizes ?? []);
  }

  override listImages(options = {}): Listing<NodeImage> {
    this.calls.push(options);
    return Listing.of(this.#contents.images ?? []);
  }

  override imageRules(): Promise<ImageRuleList | undefined> {
    const { rules } = this.#contents;
    return rules ? Promise.resolve(rules) : super.imageRules();
  }

  override listLocations(options = {}): Listing<NodeLocation> {
    this.calls.push(options);
    return Listing.of(this.#contents.locations ?? []);
  }

  override createNode(): Promise<Node> {
    throw new Error("not needed");
  }

  override rebootNode(): Promise<void> {
    throw new Error("not needed");
  }

  override destroyNode(): Promise<void> {
    throw new Error("not needed");
  }

  protected override readNode(): Promise<Node> {
    throw new Error("not needed");
  }
}
