/**
 * Elastic IP addresses of EC2.
 *
 * @module
 */

import { action, type Actions, SUCCESS } from "./action.ts";
import {
  applyFilters,
  boolean,
  type Fields,
  filters,
  list,
  oneOf,
  refuse,
  refuseValue,
  required,
  requireValue,
  string,
  tagSet,
  tagsFor,
  tagSpecifications,
} from "./query.ts";
import { ACCOUNT, type Address, type Instance } from "./records.ts";
import type { Region } from "./region.ts";
import type { Xml } from "./xml.ts";

/** Most elastic addresses per region. */
const MAX_ADDRESSES = 5;

const strings = list(required(string));

/** Operations on elastic addresses. */
export const ADDRESS_ACTIONS: Actions = {
  DescribeAddresses: action(
    { AllocationId: strings, Filter: filters, PublicIp: strings },
    (params, context) => {
      const { AllocationId: ids, PublicIp: ips } = params;
      const region = context.region.described([...ids, ...ips]);
      const all = ids.length + ips.length > 0
        ? [
          ...ids.map((id) => allocationOf(region, id)),
          ...ips.map((ip) => addressOf(region, ip)),
        ]
        : [...region.addresses.values()];
      const found = applyFilters(all, params.Filter, ADDRESS_FIELDS);
      return { addressesSet: found.map((it) => addressXml(it, region)) };
    },
  ),

  AllocateAddress: action(
    {
      Address: string,
      Domain: oneOf("vpc", "standard"),
      NetworkBorderGroup: string,
      PublicIpv4Pool: string,
      TagSpecification: tagSpecifications,
    },
    (params, { region }) => {
      if (region.addresses.size >= MAX_ADDRESSES) {
        refuse(
          "AddressLimitExceeded",
          "The maximum number of addresses has been reached.",
        );
      }
      const address = addAddress(
        region,
        tagsFor(params.TagSpecification, "elastic-ip"),
      );
      return {
        publicIp: address.ip,
        allocationId: address.allocationId,
        publicIpv4Pool: "amazon",
        networkBorderGroup: region.name,
        domain: "vpc",
      };
    },
  ),

  AssociateAddress: action(
    {
      AllocationId: string,
      AllowReassociation: boolean,
      InstanceId: string,
      NetworkInterfaceId: string,
      PrivateIpAddress: string,
      PublicIp: string,
    },
    (params, { region }) => {
      const address = eitherOf(region, params.AllocationId, params.PublicIp);
      const instance = targetOf(region, params);
      if (!["running", "stopping", "stopped"].includes(instance.state)) {
        refuse(
          "IncorrectInstanceState",
          `The ${instance.state} instance '${instance.id}' is not in a valid state for this operation.`,
        );
      }
      const isTaken = address.instance !== undefined &&
        address.instance !== instance;
      if (isTaken && params.AllowReassociation === false) {
        refuse(
          "Resource.AlreadyAssociated",
          `resource ${address.allocationId} is already associated with associate-id ${address.associationId}`,
        );
      }
      const before = region.elasticOf(instance);
      if (before && before !== address) {
        before.instance = undefined;
        before.associationId = undefined;
      }
      // EC2 releases the instance's own public address for good.
      region.releasePublicIp(instance);
      address.instance = instance;
      address.associationId = region.ids.next("eipassoc");
      return { ...SUCCESS, associationId: address.associationId };
    },
  ),

  DisassociateAddress: action(
    { AssociationId: string, PublicIp: string },
    ({ AssociationId: id, PublicIp: ip }, { region }) => {
      const address = id === undefined
        ? addressOf(region, requireValue(ip, "AssociationId"))
        : [...region.addresses.values()].find((it) => it.associationId === id);
      if (!address?.instance) {
        refuse(
          "InvalidAssociationID.NotFound",
          `The association ID '${id ?? ""}' does not exist`,
        );
      }
      address.instance = undefined;
      address.associationId = undefined;
      return SUCCESS;
    },
  ),

  ReleaseAddress: action(
    { AllocationId: string, NetworkBorderGroup: string, PublicIp: string },
    (params, { region }) => {
      const address = eitherOf(region, params.AllocationId, params.PublicIp);
      if (address.instance !== undefined) {
        refuse("InvalidIPAddress.InUse", `Address ${address.ip} is in use.`);
      }
      region.addresses.delete(address.allocationId);
      region.elasticIps.release(address.ip);
      return SUCCESS;
    },
  ),
};

/**
 * Adds an elastic address.
 *
 * @param region Region of the address.
 * @param tags Tags of the address.
 * @returns The address.
 */
export function addAddress(
  region: Region,
  tags: Address["tags"] = new Map(),
): Address {
  const address: Address = {
    allocationId: region.ids.next("eipalloc"),
    ip: region.takeElasticIp(),
    associationId: undefined,
    instance: undefined,
    tags,
  };
  region.addresses.set(address.allocationId, address);
  return address;
}

function allocationOf({ addresses }: Region, id: string): Address {
  return addresses.get(id) ??
    refuse(
      "InvalidAllocationID.NotFound",
      `The allocation ID '${id}' does not exist`,
    );
}

function addressOf({ addresses }: Region, ip: string): Address {
  return [...addresses.values()].find((address) => address.ip === ip) ??
    refuse("InvalidAddress.NotFound", `Address '${ip}' not found.`);
}

/** Finds an address by allocation id or by IP address. */
function eitherOf(
  region: Region,
  id: string | undefined,
  ip: string | undefined,
): Address {
  if (id !== undefined && ip !== undefined) {
    refuse(
      "InvalidParameterCombination",
      "You may specify public IP or allocation id, but not both in the same call",
    );
  }
  return id === undefined
    ? addressOf(region, requireValue(ip, "AllocationId"))
    : allocationOf(region, id);
}

/** Finds the instance to associate, by its id or its network interface. */
function targetOf(
  region: Region,
  { InstanceId: id, NetworkInterfaceId: interfaceId, PrivateIpAddress: ip }: {
    readonly InstanceId: string | undefined;
    readonly NetworkInterfaceId: string | undefined;
    readonly PrivateIpAddress: string | undefined;
  },
): Instance {
  const instance = id === undefined
    ? region.instances.list.find((it) =>
      it.interfaceId === requireValue(interfaceId, "InstanceId")
    ) ?? refuse(
      "InvalidNetworkInterfaceID.NotFound",
      `The networkInterface ID '${interfaceId}' does not exist`,
    )
    : region.pickInstance(id);
  if (ip !== undefined && ip !== instance.privateIp) {
    refuseValue(`The private IP address '${ip}' is not one of the instance`);
  }
  return instance;
}

function addressXml(address: Address, region: Region): Xml {
  const { instance, tags } = address;
  return {
    publicIp: address.ip,
    allocationId: address.allocationId,
    domain: "vpc",
    instanceId: instance?.id,
    associationId: address.associationId,
    networkInterfaceId: instance?.interfaceId,
    networkInterfaceOwnerId: instance && ACCOUNT,
    privateIpAddress: instance?.privateIp,
    tagSet: tags.size > 0 ? tagSet(tags) : undefined,
    publicIpv4Pool: "amazon",
    networkBorderGroup: region.name,
  };
}

const ADDRESS_FIELDS: Fields<Address> = {
  "allocation-id": ({ allocationId }) => allocationId,
  "association-id": ({ associationId }) => associationId,
  domain: () => "vpc",
  "instance-id": ({ instance }) => instance?.id,
  "network-interface-id": ({ instance }) => instance?.interfaceId,
  "private-ip-address": ({ instance }) => instance?.privateIp,
  "public-ip": ({ ip }) => ip,
};
