/**
 * The requests of the drivers for Amazon EC2: the version of the API, and the
 * parameters that options become.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  checkText,
  given,
  idOf,
  idsOf,
  linkedPages,
  mistake,
  type Ref,
  refuse,
  toText,
  type XmlElement,
} from "../../core/mod.ts";
import {
  checkSomeTags,
  checkTags,
  checkUserData,
  type TagInput,
  type Tags,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import { DISPLAY_NAME } from "./_ec2_connection.ts";
import type {
  Ec2CreateNodeOptions,
  Ec2Filters,
  Ec2ListOptions,
  Ec2Owners,
} from "./_ec2_options.ts";
import { type Ec2Image, NAME } from "./_ec2_records.ts";
import {
  capitalized,
  type Form,
  type QueryApiSettings,
  toForm,
} from "./_query_api.ts";

/** The version of the API, and how it lists. */
export const EC2_API: QueryApiSettings<Ec2ListOptions> = {
  version: "2016-11-15",
  pages: linkedPages(["NextToken"], (body: XmlElement) => {
    const token = body.textAt("nextToken");
    return token && { NextToken: token };
  }),
  pageSize: { parameter: "MaxResults", min: 5 },
  listParameters: ({ filters }, operation) => ({
    Filter: toFilters(filters, operation),
  }),
};

/** The user data that EC2 accepts. */
export const USER_DATA: UserDataSupport = {
  maxBytes: 16_384,
  takesBytes: true,
};

/** Reads an id that may be absent. */
export function optionalId(
  ref: Ref | undefined,
  operation: string,
  field: string,
): string | undefined {
  return given(ref, (ref) => idOf(ref, operation, field));
}

/** Checks a string that may be absent. */
export function optionalText(
  text: string | undefined,
  operation: string,
  field: string,
): string | undefined {
  return given(text, (text) => checkText(text, operation, field));
}

/** Reads an id for a filter, in which some characters are wildcards. */
export function literalId(ref: Ref, operation: string, field: string): string {
  const id = idOf(ref, operation, field);
  if (!/[*?\\]/.test(id)) return id;
  throw mistake(operation, field, "an id without *, ? and \\", id);
}

/** Reads a string out of a record; `undefined` if the caller passed an id. */
export function textIn(ref: Ref, name: string): string | undefined {
  return typeof ref === "object" ? toText(Reflect.get(ref, name)) : undefined;
}

/** Reads the tags out of a record; `{}` if the caller passed an id. */
export function tagsIn(ref: Ref): Tags {
  const { extra } = Object(ref) as Partial<Ec2Image>;
  return extra?.tags ?? {};
}

/** Creates the parameter `Filter`, if there are filters. */
export function toFilters(
  filters: Ec2Filters = {},
  operation: string,
): object[] | undefined {
  const entries = Object.entries(filters);
  if (entries.length === 0) return undefined;
  return entries.map(([Name, value]) => {
    const values: readonly unknown[] = [value].flat();
    if (values.every((value) => typeof value === "string")) {
      return { Name, Value: values };
    }
    const expected = "a string or an array of strings";
    throw mistake(
      operation,
      `filters[${JSON.stringify(Name)}]`,
      expected,
      value,
    );
  });
}

/** Creates the parameter `Owner`, unless any owner is meant. */
export function toOwners(
  owners: Ec2Owners,
  operation: string,
): readonly string[] | undefined {
  if (owners === "any") return undefined;
  if (!Array.isArray(owners)) {
    throw mistake(operation, "owners", 'an array or "any"', owners);
  }
  return owners.map((owner) => checkText(owner, operation, "owners"));
}

/**
 * Adds the filter of an option to the filters of the caller.
 *
 * @param filters Filters of the caller.
 * @param operation Name of the method, for the error.
 * @param option Name of the option.
 * @param name Name of the filter.
 * @param value Value of the option.
 * @returns All filters.
 * @throws {TypeError} If the caller passed both the option and the filter.
 */
export function withFilter(
  filters: Ec2Filters = {},
  operation: string,
  option: string,
  name: string,
  value: string | undefined,
): Ec2Filters {
  if (value === undefined) return filters;
  if (!Object.hasOwn(filters, name)) return { [name]: value, ...filters };
  throw new TypeError(
    `${operation}: filters must not contain "${name}" together with ${option}`,
  );
}

/**
 * Creates filters that nodes with these tags match. Some other nodes may match
 * too, because EC2 has no filter for a tag with an empty value, and because some
 * characters are wildcards.
 */
export function toTagFilters(tags: Tags): Ec2Filters {
  const entries = Object.entries(tags);
  const empty = entries.filter(([, value]) => value === "");
  // Filters of one name match if one of their values does.
  const [anyKey] = empty.map(([key]) => toPattern(key));
  return {
    ...Object.fromEntries(
      entries.filter(([, value]) => value !== "")
        .map(([key, value]) => [`tag:${key}`, toPattern(value)]),
    ),
    ...(anyKey !== undefined && { "tag-key": anyKey }),
  };
}

/** A pattern that matches a text. A backslash would escape the next character. */
function toPattern(text: string): string {
  return text.replaceAll("\\", "?");
}

/**
 * Checks the tags to filter nodes by.
 *
 * @throws {TypeError} If `tags` is empty, or a tag is invalid.
 */
export function checkNodeTags(tags: TagInput, operation: string): Tags {
  const table = checkTags(checkSomeTags(tags, operation), operation);
  refuseName(table, operation, 'filter by "tag:Name"');
  return table;
}

/** Refuses the tag that is the name of a resource. */
function refuseName(tags: Tags, operation: string, hint: string): void {
  if (!Object.hasOwn(tags, NAME)) return;
  throw new TypeError(
    `${operation}: tags must not contain ${NAME}, which is the name; ${hint}`,
  );
}

/**
 * Checks the tags of a new resource.
 *
 * @param operation Method of the caller, for errors.
 * @param tags Tags of the caller.
 * @param name Name of the resource, which becomes its tag `Name`.
 * @returns All tags.
 * @throws {TypeError} If a tag is invalid, or both `name` and a tag `Name` are
 *   given.
 */
export function newTags(
  operation: string,
  tags: TagInput = {},
  name?: string,
): Tags {
  const table = checkTags(tags, operation);
  if (name === undefined) return table;
  refuseName(table, operation, "use name");
  return { ...table, [NAME]: name };
}

/** Creates the parameter `Tag`. */
export function toTags(tags: Tags): object[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

/** Creates the parameter `TagSpecification`: the tags of a new resource. */
export function toTagSpecification(resourceType: string, tags: Tags): object[] {
  const Tag = toTags(tags);
  return Tag.length > 0 ? [{ ResourceType: resourceType, Tag }] : [];
}

/** Creates the parameter `ClientToken`: the idempotency key. */
export function toClientToken(
  idempotencyKey: string | undefined,
  operation: string,
): string {
  return optionalText(idempotencyKey, operation, "idempotencyKey") ??
    crypto.randomUUID();
}

/** Creates the form of `RunInstances`, for one node. */
export function toNodeForm(
  options: Ec2CreateNodeOptions,
  operation: string,
): Form {
  refuse(operation, DISPLAY_NAME, options, {
    auth: "use importKeyPair()",
  });
  const { keyPairs = [], spot, userData } = options;
  checkUserData(userData, operation, DISPLAY_NAME, USER_DATA);
  if (keyPairs.length > 1) {
    throw new TypeError(
      `${operation}: ${DISPLAY_NAME} accepts one key pair per node, ` +
        `got ${keyPairs.length}`,
    );
  }
  const { TagSpecification = [], ...parameters } = toParameters(
    options.parameters,
    operation,
  );
  const name = checkText(options.name, operation, "name");
  const [keyName] = idsOf(keyPairs, operation, "keyPairs") ?? [];
  const location = optionalId(options.location, operation, "location");
  const profile = optionalId(options.iamProfile, operation, "iamProfile");
  const form = {
    ImageId: idOf(options.image, operation, "image"),
    InstanceType: idOf(options.size, operation, "size"),
    KeyName: keyName,
    UserData: given(userData, encodeBase64) || undefined,
    Placement: { AvailabilityZone: location },
    ...toNetwork(options, operation),
    IamInstanceProfile: given(
      profile,
      (profile) => ({
        [profile.startsWith("arn:") ? "Arn" : "Name"]: profile,
      }),
    ),
    InstanceMarketOptions: spot
      ? { MarketType: "spot", SpotOptions: spot === true ? {} : spot }
      : undefined,
    MetadataOptions: options.metadataOptions,
    BlockDeviceMapping: options.blockDevices,
    Monitoring: { Enabled: options.monitoring },
    InstanceInitiatedShutdownBehavior:
      options.instanceInitiatedShutdownBehavior,
    DisableApiTermination: options.disableApiTermination,
    ClientToken: toClientToken(options.idempotencyKey, operation),
    TagSpecification: [
      toTagSpecification("instance", newTags(operation, options.tags, name)),
      TagSpecification,
    ].flat(),
  };
  return {
    ...toForm(form, operation),
    // Flattened first, so that a nested parameter replaces only itself.
    ...toForm(parameters, operation),
    MinCount: "1",
    MaxCount: "1",
  };
}

/** Checks the further parameters of the caller. */
function toParameters(
  parameters: Ec2CreateNodeOptions["parameters"] = {},
  operation: string,
): Readonly<Record<string, unknown>> {
  const table = Object.fromEntries(
    Object.entries(parameters)
      .map(([name, value]) => [capitalized(name), value]),
  );
  for (const name of ["Action", "MinCount", "MaxCount"]) {
    if (table[name] === undefined) continue;
    throw new TypeError(
      `${operation}: parameters must not contain ${name}; ` +
        "one call creates one node",
    );
  }
  return table;
}

/**
 * Creates the parameters of the network. EC2 accepts a choice about the public
 * address only together with the subnet and the groups, in a network interface.
 */
function toNetwork(options: Ec2CreateNodeOptions, operation: string): object {
  const { associatePublicIpAddress, securityGroups } = options;
  const network = {
    SubnetId: optionalId(options.subnet, operation, "subnet"),
    SecurityGroupId: idsOf(securityGroups, operation, "securityGroups"),
  };
  return associatePublicIpAddress === undefined ? network : {
    NetworkInterface: [{
      DeviceIndex: 0,
      AssociatePublicIpAddress: associatePublicIpAddress,
      ...network,
    }],
  };
}
