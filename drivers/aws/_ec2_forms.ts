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
  checkTags,
  checkUserData,
  type UserDataSupport,
} from "../../core/compute/mod.ts";
import { DISPLAY_NAME } from "./_ec2_connection.ts";
import type {
  Ec2CreateNodeOptions,
  Ec2Filters,
  Ec2ListOptions,
  Ec2Owners,
  Ec2TagOptions,
} from "./_ec2_options.ts";
import { type Form, type QueryApiSettings, toForm } from "./_query_api.ts";

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

/** Creates the parameter `Tag`. `name` replaces a tag `Name`. */
export function toTags(
  operation: string,
  tags: Ec2TagOptions = [],
  name?: string,
): object[] {
  checkTags(tags, operation);
  const table = Array.isArray(tags)
    ? Object.fromEntries(tags.map((key) => [key, ""]))
    : tags;
  return Object.entries(name ? { ...table, Name: name } : table)
    .map(([Key, Value]) => ({ Key, Value }));
}

/** Creates the parameter `TagSpecification`: the tags of a new resource. */
export function toTagSpecification(
  operation: string,
  resourceType: string,
  tags?: Ec2TagOptions,
  name?: string,
): object[] {
  const Tag = toTags(operation, tags, name);
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
  const { TagSpecification = [], ...parameters } = options.parameters ?? {};
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
      toTagSpecification(operation, "instance", options.tags, name),
      TagSpecification,
    ].flat(),
  };
  return {
    ...toForm(form),
    // Flattened first, so that a nested parameter replaces only itself.
    ...toForm(parameters),
    // One call creates one node, whatever `parameters` says.
    MinCount: "1",
    MaxCount: "1",
  };
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
