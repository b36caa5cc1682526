/**
 * Networks of EC2: VPCs, subnets, security groups and elastic addresses.
 *
 * @module
 */

import {
  type Action,
  action,
  type Actions,
  DONE,
  page,
  PAGED,
} from "./_ec2_action.ts";
import {
  addTags,
  applyFilters,
  type Fields,
  filters,
  flag,
  group,
  integer,
  list,
  need,
  oneOf,
  refuse,
  refuseValue,
  tagSet,
  tagsFor,
  tagSpecifications,
  text,
  type Values,
} from "./_ec2_query.ts";
import {
  ACCOUNT,
  type Address,
  GROUP,
  type Instance,
  pick,
  type Region,
  type Rule,
  type SecurityGroup,
  SUBNET,
  type Subnet,
  toIp,
  toNumber,
  VPC,
  type Vpc,
} from "./_ec2_region.ts";
import type { Xml } from "./_ec2_xml.ts";

/** Most elastic addresses of an account in a region. */
const MAX_ADDRESSES = 5;

const texts = list(need(text));

const permission = group({
  FromPort: integer(-1, 65_535),
  Groups: list(group({
    Description: text,
    GroupId: text,
    GroupName: text,
    UserId: text,
    VpcId: text,
  })),
  IpProtocol: text,
  IpRanges: list(group({ CidrIp: need(text), Description: text })),
  Ipv6Ranges: list(group({ CidrIpv6: need(text), Description: text })),
  PrefixListIds: list(group({ Description: text, PrefixListId: need(text) })),
  ToPort: integer(-1, 65_535),
});

const RULES = {
  // The short form, for one rule.
  CidrIp: text,
  FromPort: integer(-1, 65_535),
  GroupId: text,
  GroupName: text,
  IpPermissions: list(permission),
  IpProtocol: text,
  SecurityGroupRuleId: texts,
  SourceSecurityGroupName: text,
  SourceSecurityGroupOwnerId: text,
  TagSpecification: tagSpecifications,
  ToPort: integer(-1, 65_535),
} as const;

type Rules = Values<typeof RULES>;

/** The operations on networks. */
export const NETWORK_ACTIONS: Actions = {
  DescribeVpcs: action(
    { ...PAGED, Filter: filters, VpcId: texts },
    (params, context) => {
      const { vpcs } = context.region;
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
    { ...PAGED, Filter: filters, SubnetId: texts },
    (params, context) => {
      const { region } = context;
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

  DescribeSecurityGroups: action(
    { ...PAGED, Filter: filters, GroupId: texts, GroupName: texts },
    (params, context) => {
      const { region } = context;
      const { GroupId: ids, GroupName: names } = params;
      const all = ids.length + names.length > 0
        ? [
          ...ids.map((id) => pick(region.groups, id, GROUP)),
          ...names.map((name) => groupOf(region, undefined, name)),
        ]
        : [...region.groups.values()];
      const found = applyFilters(all, params.Filter, GROUP_FIELDS);
      const rules = { order: (it: SecurityGroup) => it.order };
      const { items, nextToken } = page(found, params, context, rules);
      return {
        securityGroupInfo: items.map((it) => groupXml(it, region)),
        nextToken,
      };
    },
  ),

  CreateSecurityGroup: action(
    {
      GroupDescription: need(text),
      GroupName: need(text),
      TagSpecification: tagSpecifications,
      VpcId: text,
    },
    (params, { region }) => {
      const { GroupName: name, GroupDescription: description } = params;
      if (!/^[ -~]{1,255}$/.test(name) || /^sg-/.test(name)) {
        refuseValue(
          `Value (${name}) for parameter GroupName is invalid. Character sets beyond ASCII are not supported.`,
        );
      }
      const allowed = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{1,255}$/;
      if (!allowed.test(description)) {
        refuseValue(
          `Value (${description}) for parameter GroupDescription is invalid.`,
        );
      }
      const vpc = params.VpcId === undefined
        ? region.defaultVpc
        : pick(region.vpcs, params.VpcId, VPC);
      for (const it of region.groups.values()) {
        if (it.vpc !== vpc || it.name !== name) continue;
        refuse(
          "InvalidGroup.Duplicate",
          `The security group '${name}' already exists for VPC '${vpc.id}'`,
        );
      }
      const tags = tagsFor(params.TagSpecification, "security-group");
      const { id } = region.addGroup(name, description, vpc, tags);
      return {
        ...DONE,
        groupId: id,
        tagSet: tagSet(tags),
        securityGroupArn: region.arn(`security-group/${id}`),
      };
    },
  ),

  DeleteSecurityGroup: action(
    { GroupId: text, GroupName: text },
    (params, { region }) => {
      const found = groupOf(region, params.GroupId, params.GroupName);
      const { id, name } = found;
      if (name === "default") {
        refuse(
          "CannotDelete",
          `the specified group: "${id}" name: "default" cannot be deleted by a user`,
        );
      }
      const isUsed =
        [...region.instances.values()].some(({ groups, state }) =>
          state !== "terminated" && groups.includes(found)
        ) || [...region.groups.values()].some((it) =>
          it !== found && it.rules.some(({ peer }) =>
            peer.value === id
          )
        );
      if (isUsed) {
        refuse("DependencyViolation", `resource ${id} has a dependent object`);
      }
      region.groups.delete(id);
      return { ...DONE, groupId: id };
    },
  ),

  AuthorizeSecurityGroupIngress: authorize(false),
  AuthorizeSecurityGroupEgress: authorize(true),

  RevokeSecurityGroupIngress: action(RULES, (params, { region }) => {
    const found = groupOf(region, params.GroupId, params.GroupName);
    const ids = params.SecurityGroupRuleId;
    const asked = ids.length > 0 ? [] : rulesOf(params, region, found, false);
    const doomed = found.rules.filter((rule) =>
      !rule.isEgress &&
      (ids.includes(rule.id) || asked.some((it) => isSame(it, rule)))
    );
    if (doomed.length < Math.max(ids.length, asked.length)) {
      refuse(
        ids.length > 0
          ? "InvalidSecurityGroupRuleId.NotFound"
          : "InvalidPermission.NotFound",
        "The specified rule does not exist in this security group.",
      );
    }
    found.rules = found.rules.filter((rule) => !doomed.includes(rule));
    return {
      ...DONE,
      revokedSecurityGroupRuleSet: doomed.map((rule) => ({
        ...ruleXml(rule, found),
        referencedGroupId: rule.peer.kind === "group"
          ? rule.peer.value
          : undefined,
      })),
    };
  }),

  DescribeAddresses: action(
    { AllocationId: texts, Filter: filters, PublicIp: texts },
    (params, { region }) => {
      const { AllocationId: ids, PublicIp: ips } = params;
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
      Address: text,
      Domain: oneOf("vpc", "standard"),
      NetworkBorderGroup: text,
      PublicIpv4Pool: text,
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
      AllocationId: text,
      AllowReassociation: flag,
      InstanceId: text,
      NetworkInterfaceId: text,
      PrivateIpAddress: text,
      PublicIp: text,
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
      // Its own address goes back for good.
      instance.publicIp = undefined;
      address.instance = instance;
      address.associationId = region.ids.next("eipassoc");
      return { ...DONE, associationId: address.associationId };
    },
  ),

  DisassociateAddress: action(
    { AssociationId: text, PublicIp: text },
    ({ AssociationId: id, PublicIp: ip }, { region }) => {
      const address = id === undefined
        ? addressOf(region, needed(ip, "AssociationId"))
        : [...region.addresses.values()].find((it) => it.associationId === id);
      if (!address?.instance) {
        refuse(
          "InvalidAssociationID.NotFound",
          `The association ID '${id ?? ""}' does not exist`,
        );
      }
      address.instance = undefined;
      address.associationId = undefined;
      return DONE;
    },
  ),

  ReleaseAddress: action(
    { AllocationId: text, NetworkBorderGroup: text, PublicIp: text },
    (params, { region }) => {
      const address = eitherOf(region, params.AllocationId, params.PublicIp);
      if (address.instance !== undefined) {
        refuse("InvalidIPAddress.InUse", `Address ${address.ip} is in use.`);
      }
      region.addresses.delete(address.allocationId);
      return DONE;
    },
  ),
};

function needed(value: string | undefined, name: string): string {
  return value ??
    refuse(
      "MissingParameter",
      `The request must contain the parameter ${name}`,
    );
}

// Networks

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
  return `${toIp(base)}/${bits}`;
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

// Security groups

function groupOf(
  region: Region,
  id: string | undefined,
  name: string | undefined,
): SecurityGroup {
  if (id !== undefined) return pick(region.groups, id, GROUP);
  const wanted = needed(name, "GroupId");
  return [...region.groups.values()]
    .find((it) => it.vpc.isDefault && it.name === wanted) ??
    refuse(
      "InvalidGroup.NotFound",
      `The security group '${wanted}' does not exist in default VPC '${region.defaultVpc.id}'`,
    );
}

function authorize(isEgress: boolean): Action {
  return action(RULES, (params, { region }) => {
    const found = groupOf(region, params.GroupId, params.GroupName);
    tagsFor(params.TagSpecification, "security-group-rule");
    const added = rulesOf(params, region, found, isEgress);
    for (const rule of added) {
      if (!found.rules.some((it) => isSame(it, rule))) continue;
      const { protocol, from, to, peer } = rule;
      refuse(
        "InvalidPermission.Duplicate",
        `the specified rule "peer: ${peer.value}, ${protocol}, from port: ${from}, to port: ${to}, ALLOW" already exists`,
      );
    }
    found.rules = [...found.rules, ...added];
    return {
      ...DONE,
      securityGroupRuleSet: added.map((rule) => ({
        ...ruleXml(rule, found),
        groupOwnerId: ACCOUNT,
        referencedGroupInfo: rule.peer.kind === "group"
          ? { groupId: rule.peer.value, userId: ACCOUNT }
          : undefined,
        tagSet: tagSet(addTags(params.TagSpecification[0]?.Tag ?? [])),
      })),
    };
  });
}

function isSame(a: Rule, b: Rule): boolean {
  return a.isEgress === b.isEgress && a.protocol === b.protocol &&
    a.from === b.from && a.to === b.to && a.peer.value === b.peer.value;
}

const PROTOCOLS: Readonly<Record<string, string>> = {
  "6": "tcp",
  "17": "udp",
  "1": "icmp",
  "58": "icmpv6",
  all: "-1",
};

function rulesOf(
  params: Rules,
  region: Region,
  within: SecurityGroup,
  isEgress: boolean,
): Rule[] {
  const short = {
    FromPort: params.FromPort,
    ToPort: params.ToPort,
    IpProtocol: params.IpProtocol,
    IpRanges: params.CidrIp === undefined
      ? []
      : [{ CidrIp: params.CidrIp, Description: undefined }],
    Ipv6Ranges: [],
    PrefixListIds: [],
    Groups: params.SourceSecurityGroupName === undefined ? [] : [{
      GroupName: params.SourceSecurityGroupName,
      GroupId: undefined,
      Description: undefined,
    }],
  };
  const all = params.IpPermissions.length > 0
    ? params.IpPermissions
    : params.IpProtocol === undefined && params.CidrIp === undefined
    ? refuse(
      "MissingParameter",
      "The request must contain the parameter ipPermissions",
    )
    : [short];
  return all.flatMap((it) => {
    const given = needed(it?.IpProtocol, "ipProtocol").toLowerCase();
    const protocol = PROTOCOLS[given] ?? given;
    if (!/^(?:tcp|udp|icmp|icmpv6|-1|\d{1,3})$/.test(protocol)) {
      refuse(
        "InvalidPermission.Malformed",
        `Unsupported IP protocol "${given}" - supported: [tcp, udp, icmp, icmpv6, -1 or a number]`,
      );
    }
    const hasPorts = protocol === "tcp" || protocol === "udp";
    const { FromPort: from, ToPort: to } = it!;
    if (hasPorts && (from === undefined || to === undefined || from > to)) {
      refuseValue(
        `Invalid value '${from} to ${to}' for portRange. Must specify both from and to ports with TCP/UDP.`,
      );
    }
    const isAll = protocol === "-1";
    const peers = [
      ...it!.IpRanges.map(({ CidrIp: value, Description: description }) => {
        const [ip = "", bits = ""] = value.split("/");
        const isCidr = toIp(toNumber(ip)) === ip && /^\d{1,2}$/.test(bits) &&
          Number(bits) <= 32;
        if (!isCidr) refuseValue(`CIDR block ${value} is malformed`);
        return { kind: "cidr" as const, value, description };
      }),
      ...it!.Ipv6Ranges.map(({ CidrIpv6: value, Description: description }) => {
        if (!/^[\da-f:.]{2,45}\/\d{1,3}$/i.test(value)) {
          refuseValue(`CIDR block ${value} is malformed`);
        }
        return { kind: "cidr6" as const, value, description };
      }),
      ...it!.PrefixListIds.map((
        { PrefixListId: value, Description: description },
      ) => ({ kind: "prefix" as const, value, description })),
      ...it!.Groups.map((peer) => ({
        kind: "group" as const,
        value: groupOf(region, peer?.GroupId, peer?.GroupName).id,
        description: peer?.Description,
      })),
    ];
    if (peers.length === 0) {
      refuse(
        "InvalidParameterValue",
        `Rules of ${within.id} need a peer: a CIDR block, a group or a prefix list`,
      );
    }
    return peers.map(({ description, ...peer }): Rule => ({
      id: region.ids.next("sgr"),
      isEgress,
      protocol,
      from: isAll ? undefined : from,
      to: isAll ? undefined : to,
      peer,
      description,
    }));
  });
}

function ruleXml(rule: Rule, { id }: SecurityGroup) {
  const { kind, value } = rule.peer;
  return {
    securityGroupRuleId: rule.id,
    groupId: id,
    isEgress: rule.isEgress,
    ipProtocol: rule.protocol,
    fromPort: rule.from ?? -1,
    toPort: rule.to ?? -1,
    cidrIpv4: kind === "cidr" ? value : undefined,
    cidrIpv6: kind === "cidr6" ? value : undefined,
    prefixListId: kind === "prefix" ? value : undefined,
    description: rule.description,
  };
}

/** The rules of one direction, those of the same protocol and ports together. */
function permissionsXml(rules: readonly Rule[], isEgress: boolean): Xml {
  const together = new Map<string, Rule[]>();
  for (const rule of rules) {
    if (rule.isEgress !== isEgress) continue;
    const key = `${rule.protocol} ${rule.from} ${rule.to}`;
    const others = together.get(key);
    if (others) others.push(rule);
    else together.set(key, [rule]);
  }
  return [...together.values()].map((them) => {
    const of = (kind: Rule["peer"]["kind"]) =>
      them.filter(({ peer }) => peer.kind === kind);
    return {
      ipProtocol: them[0]!.protocol,
      fromPort: them[0]!.from,
      toPort: them[0]!.to,
      groups: of("group").map(({ peer, description }) => ({
        userId: ACCOUNT,
        groupId: peer.value,
        description,
      })),
      ipRanges: of("cidr").map(({ peer, description }) => ({
        cidrIp: peer.value,
        description,
      })),
      ipv6Ranges: of("cidr6").map(({ peer, description }) => ({
        cidrIpv6: peer.value,
        description,
      })),
      prefixListIds: of("prefix").map(({ peer, description }) => ({
        prefixListId: peer.value,
        description,
      })),
    };
  });
}

function groupXml(it: SecurityGroup, region: Region): Xml {
  return {
    ownerId: ACCOUNT,
    groupId: it.id,
    groupName: it.name,
    groupDescription: it.description,
    vpcId: it.vpc.id,
    securityGroupArn: region.arn(`security-group/${it.id}`),
    ipPermissions: permissionsXml(it.rules, false),
    ipPermissionsEgress: permissionsXml(it.rules, true),
    tagSet: it.tags.size > 0 ? tagSet(it.tags) : undefined,
  };
}

const GROUP_FIELDS: Fields<SecurityGroup> = {
  description: ({ description }) => description,
  "group-id": ({ id }) => id,
  "group-name": ({ name }) => name,
  "ip-permission.cidr": ({ rules }) =>
    rules.filter((it) => !it.isEgress && it.peer.kind === "cidr")
      .map(({ peer }) => peer.value),
  "ip-permission.from-port": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ from }) => from),
  "ip-permission.protocol": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ protocol }) => protocol),
  "ip-permission.to-port": ({ rules }) =>
    rules.filter((it) => !it.isEgress).map(({ to }) => to),
  "owner-id": () => ACCOUNT,
  "vpc-id": ({ vpc }) => vpc.id,
};

// Addresses

/**
 * Adds an elastic address.
 *
 * @param region Where.
 * @param tags Its tags.
 * @returns The address.
 */
export function addAddress(
  region: Region,
  tags: Address["tags"] = new Map(),
): Address {
  const address: Address = {
    allocationId: region.ids.next("eipalloc"),
    ip: region.nextElasticIp(),
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
    ? addressOf(region, needed(ip, "AllocationId"))
    : allocationOf(region, id);
}

function targetOf(
  region: Region,
  { InstanceId: id, NetworkInterfaceId: card, PrivateIpAddress: ip }: {
    readonly InstanceId: string | undefined;
    readonly NetworkInterfaceId: string | undefined;
    readonly PrivateIpAddress: string | undefined;
  },
): Instance {
  const instance = id === undefined
    ? [...region.instances.values()].find((it) =>
      it.interfaceId === needed(card, "InstanceId")
    ) ?? refuse(
      "InvalidNetworkInterfaceID.NotFound",
      `The networkInterface ID '${card}' does not exist`,
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
