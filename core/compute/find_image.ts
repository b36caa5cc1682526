/**
 * The newest official image of a distribution, at any provider.
 *
 * A driver tells with rules which of its images are official; see
 * `NodeDriver.imageRules()`. This module reads the rules, and knows no provider.
 *
 * @module
 */

import { checkText, given, mistake } from "../check.ts";
import { mapConcurrently } from "../concurrency.ts";
import { joinWords, show } from "../message.ts";
import type { CallOptions } from "../options.ts";
import type { ImageRule, ImageRuleList } from "./data.ts";
import type { NodeDriver } from "./driver.ts";
import { ImageNotFoundError, type OfficialImage } from "./errors.ts";
import type { NodeImage } from "./records.ts";

/** Distributions that the drivers of this package know. */
export type Distribution =
  | "alma"
  | "alpine"
  | "amazon"
  | "arch"
  | "centos"
  | "debian"
  | "fedora"
  | "opensuse"
  | "rocky"
  | "ubuntu";

/** Options of {@linkcode findImage}. */
export interface FindImageOptions extends CallOptions {
  /**
   * Name of the distribution, such as `"debian"`. Case, spaces and the word
   * "Linux" do not matter: `"Rocky Linux"` is `"rocky"`.
   */
  readonly distribution: Distribution | (string & Record<never, never>);
  /**
   * Version, such as `"12"`, `"24.04"` or `"24.04 LTS"`. `"9"` includes 9.4 and
   * all other versions that begin with 9.
   *
   * @default {the newest version}
   */
  readonly version?: string | undefined;
  /**
   * Architecture of the processors, such as `"arm64"`: the words of
   * `NodeSize.architecture`.
   *
   * @default {"x86_64"}
   */
  readonly architecture?: string | undefined;
}

/**
 * Record of an image of a driver.
 *
 * @typeParam D The driver.
 */
export type ImageOf<D extends NodeDriver> = Awaited<
  ReturnType<D["listImages"]>
>[number];

/** Architecture of images and sizes about which a provider tells nothing. */
export const DEFAULT_ARCHITECTURE = "x86_64";

/** Largest number of lists that are read at the same time. */
const CONCURRENCY = 4;

/** Largest number of versions of a distribution that an error names. */
const MAX_VERSIONS = 5;

/** Words of providers for an architecture, in lower case. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  amd64: "x86_64",
  x64: "x86_64",
  aarch64: "arm64",
  i686: "i386",
  x86: "i386",
};

/** What the caller is looking for. Without a field, anything matches. */
interface Wanted {
  readonly distribution?: string;
  readonly version?: string | undefined;
  readonly architecture?: string;
}

/** An official image, and what decides between several of them. */
interface Candidate<I> extends OfficialImage {
  readonly image: I;
  /** Number of the rule. The first one is preferred. */
  readonly rank: number;
  readonly createdAt: string;
}

/**
 * Finds the newest official image of a distribution. Deprecated images, images
 * of other accounts and images with an application are never found.
 *
 * If several images match, the highest version is preferred, then the rule that
 * comes first, then the latest time of creation.
 *
 * ```ts
 * import { findImage } from "@nephos/nephos";
 * import { HetznerNodeDriver } from "@nephos/nephos/drivers/hetzner";
 * import { HetznerSimulator } from "@nephos/nephos/simulators/hetzner";
 *
 * const { credentials, fetch } = new HetznerSimulator();
 * const hetzner = new HetznerNodeDriver({ ...credentials, fetch });
 * const image = await findImage(hetzner, {
 *   distribution: "debian",
 *   version: "12",
 * });
 * console.log(image.name); // "debian-12"
 * ```
 *
 * @typeParam D The driver.
 * @param driver The driver.
 * @param options Distribution, version and architecture.
 * @returns The image, for `createNode()`.
 * @throws {TypeError} If an option is invalid, or the driver has no rules.
 * @throws {ImageNotFoundError} If there is no such image. `nearest` are the
 *   nearest that are there.
 */
export async function findImage<D extends NodeDriver>(
  driver: D,
  options: FindImageOptions,
): Promise<ImageOf<D>> {
  const { distribution, version, architecture, ...call } = toOptions(options);
  const wanted = { distribution, version, architecture };
  const list = await driver.imageRules();
  if (!list) {
    throw new TypeError(
      `findImage: the driver for ${driver.displayName} has no rules for ` +
        "official images; use listImages()",
    );
  }
  const search = (wanted: Wanted) => readImages(driver, list, wanted, call);
  const [best] = (await search(wanted)).sort(newestFirst);
  if (best) return best.image;
  throw await toError(driver, wanted, search);
}

/** Checks the options, and converts them into the words of rules. */
function toOptions(options: FindImageOptions) {
  const operation = "findImage";
  const { distribution, version, architecture, ...call } = Object(
    options,
  ) as FindImageOptions;
  const name = toDistribution(
    checkText(distribution, operation, "distribution"),
  );
  if (name === "") {
    const expected = 'a distribution, such as "debian"';
    throw mistake(operation, "distribution", expected, distribution);
  }
  return {
    ...call,
    distribution: name,
    version: given(version, toVersion),
    architecture: checkArchitecture(
      architecture ?? DEFAULT_ARCHITECTURE,
      operation,
    ),
  };
}

/** `"Rocky Linux"` is `"rocky"`, and `"CentOS Stream"` is `"centos"`. */
function toDistribution(name: string): string {
  return name.toLowerCase().replace(/gnu|linux|stream|leap|[^a-z]/g, "");
}

function toVersion(version: string): string {
  const text = checkText(version, "findImage", "version");
  const [, numbers] = /^v?(\d+(?:\.\d+)*)(?: LTS)?$/i.exec(text) ?? [];
  if (numbers !== undefined) return numbers;
  const expected = 'numbers, such as "12" or "24.04"';
  throw mistake("findImage", "version", expected, version);
}

/**
 * Checks the option `architecture`.
 *
 * @param word The word of the caller, or of a provider.
 * @param operation Name of the method, for the error.
 * @returns The word of `NodeSize.architecture`.
 * @throws {TypeError} If it is not a string, or blank.
 */
export function checkArchitecture(word: unknown, operation: string): string {
  return toArchitecture(checkText(word, operation, "architecture"));
}

function toArchitecture(word: string): string {
  const lower = word.toLowerCase();
  return Object.hasOwn(ARCHITECTURES, lower) ? ARCHITECTURES[lower]! : lower;
}

/** Reads the official images that are wanted, with as few lists as possible. */
async function readImages<D extends NodeDriver>(
  driver: D,
  list: ImageRuleList,
  wanted: Wanted,
  call: CallOptions,
): Promise<Candidate<ImageOf<D>>[]> {
  const rules = list.rules.map((rule, rank) => new Rule(rule, rank, list))
    .filter(({ distribution }) =>
      distribution === (wanted.distribution ?? distribution)
    );
  // Rules with the same options share a list.
  const groups = Map.groupBy(
    rules,
    (rule) => JSON.stringify(rule.listOptions(wanted)),
  );
  const found = await mapConcurrently(
    [...groups.values()],
    CONCURRENCY,
    async (rules) => {
      const options = { ...rules[0]?.listOptions(wanted), ...call };
      const images = await driver.listImages(options) as ImageOf<D>[];
      return images.flatMap((image) =>
        rules.flatMap((rule) => rule.read(image) ?? [])
      );
    },
  );
  return found.flat().filter((image) => isWanted(image, wanted));
}

/** A rule, ready to be applied. */
class Rule {
  readonly distribution: string;
  readonly #rule: ImageRule;
  readonly #rank: number;
  readonly #list: ImageRuleList;
  readonly #fields: readonly (readonly [path: string, pattern: RegExp])[];

  constructor(rule: ImageRule, rank: number, list: ImageRuleList) {
    this.distribution = rule.distribution;
    this.#rule = rule;
    this.#rank = rank;
    this.#list = list;
    this.#fields = Object.entries({ ...list.fields, ...rule.fields }).map(
      ([path, pattern]) => [path, new RegExp(`^(?:${pattern})$`, "i")],
    );
  }

  /** Options of `listImages()` that select images of this rule. */
  listOptions({ version, architecture = "*" }: Wanted): object {
    const words = {
      version: version === undefined ? "*" : `${version}*`,
      architecture,
    };
    return fillIn({ ...this.#list.list, ...this.#rule.list }, words) as object;
  }

  /** Reads an image; `undefined` if it is not one of this rule. */
  read<I extends NodeImage>(image: I): Candidate<I> | undefined {
    const { version, architecture } = this.#rule;
    let words: Readonly<Record<string, string | undefined>> = {};
    for (const [path, pattern] of this.#fields) {
      const match = pattern.exec(String(valueAt(image, path) ?? ""));
      if (!match) return undefined;
      words = { ...words, ...match.groups };
    }
    return {
      image,
      distribution: this.distribution,
      version: version ?? words["version"]?.replace(/[-_]/g, "."),
      architecture: toArchitecture(
        architecture || words["architecture"] || DEFAULT_ARCHITECTURE,
      ),
      rank: this.#rank,
      createdAt: String(
        valueAt(image, this.#list.createdAt ?? "extra.createdAt") ?? "",
      ),
    };
  }
}

/** Replaces `{version}` and `{architecture}` in all strings of a value. */
function fillIn(
  value: unknown,
  words: Readonly<Record<string, string>>,
): unknown {
  if (typeof value === "string") {
    return value.replace(/\{(\w+)\}/g, (all, name) => words[name] ?? all);
  }
  if (Array.isArray(value)) return value.map((item) => fillIn(item, words));
  return typeof value !== "object" || value === null
    ? value
    : Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fillIn(item, words)]),
    );
}

/** The field of a record at a path such as `"extra.slug"`. */
function valueAt(record: object, path: string): unknown {
  return path.split(".").reduce<unknown>(
    (value, key) =>
      Object.hasOwn(Object(value), key) ? Object(value)[key] : undefined,
    record,
  );
}

function isWanted(image: OfficialImage, wanted: Wanted): boolean {
  const { version, architecture = image.architecture } = wanted;
  return image.architecture === architecture &&
    (version === undefined || isPartOf(version, image.version));
}

/** Whether a version begins with another: 9.4 is part of 9, but not of 9.3. */
function isPartOf(wanted: string, version: string | undefined): boolean {
  const numbers = toNumbers(version);
  return toNumbers(wanted).every((number, index) => number === numbers[index]);
}

/** The numbers of a version; none if the distribution has no versions. */
function toNumbers(version: string | undefined): number[] {
  return version?.split(".").map(Number) ?? [];
}

function newestFirst<I>(one: Candidate<I>, other: Candidate<I>): number {
  return compareVersions(other, one) || one.rank - other.rank ||
    compareTexts(other.createdAt, one.createdAt);
}

function compareTexts(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function compareVersions(one: OfficialImage, other: OfficialImage): number {
  const numbers = toNumbers(one.version);
  const others = toNumbers(other.version);
  for (
    let index = 0;
    index < numbers.length || index < others.length;
    index++
  ) {
    const difference = (numbers[index] ?? -1) - (others[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Creates the error, with the nearest images that are there. */
async function toError(
  driver: NodeDriver,
  wanted: Required<Wanted>,
  search: (wanted: Wanted) => Promise<Candidate<NodeImage>[]>,
): Promise<ImageNotFoundError> {
  const { distribution, architecture } = wanted;
  const ofDistribution = await search({ distribution });
  const nearest = ofDistribution.length > 0
    ? unique(ofDistribution.sort(nearestFirst(wanted)), describe)
      .slice(0, MAX_VERSIONS)
    : newestOfEach(await search({ architecture }));
  const named = nearest.map(
    ({ distribution, version, architecture }) => ({
      distribution,
      version,
      architecture,
    }),
  );
  const hint = named.length > 0
    ? `; use ${joinWords(named.map(describe))}`
    : "";
  const { provider, connection } = driver;
  return new ImageNotFoundError(
    `findImage: ${driver.displayName} has no official image of ` +
      `${show(describe(wanted))}${hint}`,
    {
      provider,
      operation: "findImage",
      status: 404,
      method: "GET",
      url: connection.baseUrl,
      body: "",
      nearest: named,
    },
  );
}

/** Such as `"debian 12 x86_64"`. */
function describe({ distribution, version, architecture }: Wanted): string {
  return [distribution, version, architecture]
    .filter((word) => word !== undefined).join(" ");
}

/** The newest image of each distribution, in alphabetical order. */
function newestOfEach<I>(images: readonly Candidate<I>[]): Candidate<I>[] {
  return unique(images.toSorted(newestFirst), (it) => it.distribution)
    .sort((one, other) => compareTexts(one.distribution, other.distribution));
}

/** The first item of each key. */
function unique<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(items.toReversed().map((item) => [keyOf(item), item]))
    .values()].toReversed();
}

/**
 * Orders images of one distribution: those for the wanted architecture first,
 * then by the difference between the versions.
 */
function nearestFirst<I>(
  { version, architecture }: Wanted,
): (one: Candidate<I>, other: Candidate<I>) => number {
  const isOther = (image: OfficialImage) =>
    Number(image.architecture !== architecture);
  const distance = (image: OfficialImage) =>
    version === undefined ? 0 : distanceOf(version, image.version);
  return (one, other) =>
    isOther(one) - isOther(other) || distance(one) - distance(other) ||
    newestFirst(one, other);
}

function distanceOf(wanted: string, version: string | undefined): number {
  const numbers = toNumbers(version);
  return toNumbers(wanted).reduce(
    (sum, number, index) =>
      sum + Math.abs(number - (numbers[index] ?? 0)) / 1000 ** index,
    0,
  );
}
