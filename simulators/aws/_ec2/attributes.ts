/**
 * Attributes of EC2 instances, and their modification.
 *
 * @module
 */

import { disksXml, groupsXml } from "./instance_xml.ts";
import { GROUP, pick } from "./lookup.ts";
import { refuse, refuseValue } from "./query.ts";
import type { Instance } from "./records.ts";
import type { Region } from "./region.ts";
import { readUserData, typeOf } from "./run.ts";
import type { Xml } from "./xml.ts";

/**
 * Parameters of ModifyInstanceAttribute. An attribute is given by a parameter
 * of its own, or by `Attribute` and `Value`.
 */
interface Modification {
  readonly Attribute?: string | undefined;
  readonly Value?: string | undefined;
  readonly BlockDeviceMapping: readonly {
    readonly DeviceName: string;
    readonly Ebs?:
      | { readonly DeleteOnTermination?: boolean | undefined }
      | undefined;
  }[];
  readonly DisableApiStop?: Setting<boolean>;
  readonly DisableApiTermination?: Setting<boolean>;
  readonly EbsOptimized?: Setting<boolean>;
  readonly GroupId: readonly string[];
  readonly InstanceInitiatedShutdownBehavior?: Setting<string>;
  readonly InstanceType?: Setting<string>;
  readonly SourceDestCheck?: Setting<boolean>;
  readonly UserData?: Setting<string>;
}

type Setting<T> = { readonly Value?: T | undefined } | undefined;

/**
 * Modifies one attribute of an instance.
 *
 * @param instance Instance to modify.
 * @param given Parameters of the request.
 * @param region Region of the request.
 * @throws {Ec2Refusal} If the request modifies no attribute or more than one,
 * or if the value is invalid.
 */
export function modify(
  instance: Instance,
  given: Modification,
  region: Region,
): void {
  const { Attribute: name, Value: plain, ...params } = given;
  const named = (key: string) => name === key ? plain : undefined;
  const bool = (key: string) => {
    const value = named(key);
    return value === undefined ? undefined : value === "true";
  };
  const type = params.InstanceType?.Value ?? named("instanceType");
  const userData = params.UserData?.Value ?? named("userData");
  const ebsOptimized = params.EbsOptimized?.Value ?? bool("ebsOptimized");
  const modified = [
    type,
    userData,
    ebsOptimized,
    params.DisableApiStop?.Value ?? named("disableApiStop"),
    params.DisableApiTermination?.Value ?? named("disableApiTermination"),
    params.InstanceInitiatedShutdownBehavior?.Value ??
      named("instanceInitiatedShutdownBehavior"),
    params.SourceDestCheck?.Value ?? named("sourceDestCheck"),
    params.GroupId[0],
    params.BlockDeviceMapping[0],
  ].filter((it) => it !== undefined);
  if (modified.length === 0) {
    refuse(
      "MissingParameter",
      "The request must contain one attribute to modify",
    );
  }
  if (modified.length > 1) {
    refuse(
      "InvalidParameterCombination",
      "Fields for multiple attribute types specified",
    );
  }
  if (
    (type ?? userData ?? ebsOptimized) !== undefined &&
    instance.state !== "stopped"
  ) {
    refuse(
      "IncorrectInstanceState",
      `The instance '${instance.id}' is not in the 'stopped' state.`,
    );
  }
  if (type !== undefined) {
    const next = typeOf(type);
    if ((next.arch ?? "x86_64") !== instance.image.arch) {
      refuseValue(
        `The architecture of the instance type '${type}' does not match that of the instance`,
      );
    }
    instance.type = next;
  }
  if (userData !== undefined) instance.userData = readUserData(userData);
  instance.isEbsOptimized = ebsOptimized ?? instance.isEbsOptimized;
  instance.isStopProtected = params.DisableApiStop?.Value ??
    bool("disableApiStop") ?? instance.isStopProtected;
  instance.isProtected = params.DisableApiTermination?.Value ??
    bool("disableApiTermination") ?? instance.isProtected;
  instance.shutdownBehavior = params.InstanceInitiatedShutdownBehavior?.Value ??
    named("instanceInitiatedShutdownBehavior") ?? instance.shutdownBehavior;
  instance.sourceDestCheck = params.SourceDestCheck?.Value ??
    bool("sourceDestCheck") ?? instance.sourceDestCheck;
  if (params.GroupId.length > 0) {
    instance.groups = params.GroupId
      .map((id) => pick(region.groups, id, GROUP));
  }
  for (const { DeviceName: device, Ebs: ebs } of params.BlockDeviceMapping) {
    const { attachment } = instance.volumes.get(device) ??
      refuse(
        "InvalidInstanceAttributeValue",
        `No device is currently mapped at ${device}`,
      );
    if (attachment && ebs?.DeleteOnTermination !== undefined) {
      attachment.isDeletedOnTermination = ebs.DeleteOnTermination;
    }
  }
}

/**
 * Returns one attribute of an instance.
 *
 * @param region Region of the instance.
 * @param instance Instance to read.
 * @param name Name of the attribute.
 * @returns The attribute, as an XML element.
 * @throws {Ec2Refusal} If there is no such attribute.
 */
export function attributeOf(
  region: Region,
  instance: Instance,
  name: string,
): { readonly [name: string]: Xml } {
  const value = (it: Xml) => ({
    [name]: it === undefined ? {} : { value: it },
  });
  switch (name) {
    case "instanceType":
      return value(instance.type.name);
    case "userData":
      return value(instance.userData);
    case "disableApiTermination":
      return value(instance.isProtected);
    case "disableApiStop":
      return value(instance.isStopProtected);
    case "instanceInitiatedShutdownBehavior":
      return value(instance.shutdownBehavior);
    case "rootDeviceName":
      return value(instance.image.rootDevice);
    case "sourceDestCheck":
      return value(instance.sourceDestCheck);
    case "ebsOptimized":
      return value(instance.isEbsOptimized);
    case "enaSupport":
      return value(true);
    case "sriovNetSupport":
    case "kernel":
    case "ramdisk":
      return value(undefined);
    case "blockDeviceMapping":
      return { blockDeviceMapping: disksXml(instance) };
    case "groupSet":
      return { groupSet: groupsXml(instance.groups) };
    case "productCodes":
      return { productCodes: [] };
    case "enclaveOptions":
      return { enclaveOptions: { enabled: false } };
    default:
      return refuseValue(
        `Value (${name}) for parameter attribute is invalid. Unknown attribute in ${region.name}.`,
      );
  }
}
