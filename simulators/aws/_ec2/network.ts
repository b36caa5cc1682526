/**
 * VPCs and subnets of EC2.
 *
 * @module
 */

import { action, type Actions, page, PAGE_PARAMS } from "./action.ts";
import { pick, SUBNET, VPC } from "./lookup.ts";
import {
  applyFilters,
  type Fields,
  filters,
  list,
  required,
  string,
  tagSet,
} from "./query.ts";
import { ACCOUNT, type Subnet, type Vpc } from "./records.ts";
import type { Region } from "./region.ts";
import type { Xml } from "./xml.ts";
import { numberToIpv4 } from "../../kit/mod.ts";

const strings = list(required(string));

/** Operations on VPCs and subnets. */
export const NETWORK_ACTIONS: Actions = {
  DescribeVpcs: action(
    { ...PAGE_PARAMS, Filter: filters, VpcId: strings },
    (params, context) => {
      const { vpcs } = context.region.described(params.VpcId);
      const all = params.VpcId.length > 0
        ? params.VpcId.map((id) => pick(vpcs, id, VPC))
        : [...vpcs.values()];
      const found = applyFilters(all, params.Filter, VPC_FIELDS);
      const rules = { order: (vpc: Vpc) => vpc.order };
      const { items, nextToken } = page(found, params, context, rules);
      return { vpcSet: items.map(vpcXml), nextToken };
    },
  ),

  DescribeSubnets: action(
    { ...PAGE_PARAMS, Filter: filters, SubnetId: strings },
    (params, context) => {
      const region = context.region.described(params.SubnetId);
      const all = params.SubnetId.length > 0
        ? params.SubnetId.map((id) => pick(region.subnets, id, SUBNET))
        : [...region.subnets.values()];
      const found = applyFilters(all, params.Filter, SUBNET_FIELDS);
      const rules = { order: (subnet: Subnet) => subnet.order };
      const { items, nextToken } = page(found, params, context, rules);
      return {
        subnetSet: items.map((it) => subnetXml(it, region)),
        nextToken,
      };
    },
  ),
};

function vpcXml(vpc: Vpc): Xml {
  return {
    vpcId: vpc.id,
    ownerId: ACCOUNT,
    state: "available",
    cidrBlock: vpc.cidr,
    cidrBlockAssociationSet: [{
      cidrBlock: vpc.cidr,
      associationId: vpc.id.replace("vpc", "vpc-cidr-assoc"),
      cidrBlockState: { state: "associated" },
    }],
    dhcpOptionsId: vpc.id.replace("vpc", "dopt"),
    tagSet: tagSet(vpc.tags),
    instanceTenancy: "default",
    isDefault: vpc.isDefault,
  };
}

const VPC_FIELDS: Fields<Vpc> = {
  cidr: ({ cidr }) => cidr,
  "cidr-block": ({ cidr }) => cidr,
  "dhcp-options-id": ({ id }) => id.replace("vpc", "dopt"),
  "is-default": ({ isDefault }) => isDefault,
  isDefault: ({ isDefault }) => isDefault,
  "owner-id": () => ACCOUNT,
  state: () => "available",
  "vpc-id": ({ id }) => id,
};

function cidrOf({ base, bits }: Subnet): string {
  return `${numberToIpv4(base)}/${bits}`;
}

function subnetXml(subnet: Subnet, region: Region): Xml {
  return {
    subnetId: subnet.id,
    subnetArn: region.arn(`subnet/${subnet.id}`),
    state: "available",
    ownerId: ACCOUNT,
    vpcId: subnet.vpc.id,
    cidrBlock: cidrOf(subnet),
    ipv6CidrBlockAssociationSet: [],
    availableIpAddressCount: freeIn(subnet),
    availabilityZone: subnet.zone.name,
    availabilityZoneId: subnet.zone.id,
    defaultForAz: subnet.isDefault,
    mapPublicIpOnLaunch: subnet.isDefault,
    assignIpv6AddressOnCreation: false,
    tagSet: tagSet(subnet.tags),
  };
}

function freeIn({ bits, taken }: Subnet): number {
  return 2 ** (32 - bits) - 5 - taken.size;
}

const SUBNET_FIELDS: Fields<Subnet> = {
  "availability-zone": ({ zone }) => zone.name,
  "availability-zone-id": ({ zone }) => zone.id,
  availabilityZone: ({ zone }) => zone.name,
  "available-ip-address-count": freeIn,
  cidr: cidrOf,
  "cidr-block": cidrOf,
  "default-for-az": ({ isDefault }) => isDefault,
  defaultForAz: ({ isDefault }) => isDefault,
  "map-public-ip-on-launch": ({ isDefault }) => isDefault,
  "owner-id": () => ACCOUNT,
  state: () => "available",
  "subnet-id": ({ id }) => id,
  "vpc-id": ({ vpc }) => vpc.id,
};
