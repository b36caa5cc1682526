/**
 * Amazon EC2 with its networks: the driver of `drivers/aws/ec2`, and methods
 * for security groups, VPCs, subnets and Elastic IP addresses. Programs that do
 * not need these methods stay smaller with `drivers/aws/ec2`.
 *
 * ```ts
 * import { Ec2NetworkDriver } from "@nephos/nephos/drivers/aws/ec2_network";
 * import { Ec2Simulator } from "@nephos/nephos/simulators/aws/ec2";
 *
 * const { credentials, fetch } = new Ec2Simulator();
 * const region = "us-east-1";
 * const ec2 = new Ec2NetworkDriver({ ...credentials, region, fetch });
 * const group = await ec2.createSecurityGroup({
 *   name: "web",
 *   description: "Allows HTTPS",
 * });
 * // Amazon EC2 may not know a new group for some seconds.
 * const filters = { "group-id": group.id };
 * while ((await ec2.listSecurityGroups({ filters })).length === 0) {
 *   await new Promise((resolve) => setTimeout(resolve, 500));
 * }
 * await ec2.authorizeIngress(group, {
 *   rules: [{
 *     ipProtocol: "tcp",
 *     fromPort: 443,
 *     toPort: 443,
 *     ipRanges: [{ cidrIp: "0.0.0.0/0" }],
 *   }],
 * });
 * ```
 *
 * @see {@link https://docs.aws.amazon.com/AWSEC2/latest/APIReference/ | Amazon EC2 API reference}
 *
 * @module
 */

import {
  type CallOptions,
  checkText,
  idOf,
  isPublicIp,
  type Listing,
  mistake,
  type Ref,
  sequence,
} from "../../core/mod.ts";
import type { Ec2Options } from "./_ec2_connection.ts";
import {
  EC2_API,
  newTags,
  optionalId,
  textIn,
  toTagSpecification,
} from "./_ec2_forms.ts";
import type {
  Ec2AssociateAddressOptions,
  Ec2CreateSecurityGroupOptions,
  Ec2ListOptions,
  Ec2RulesOptions,
  Ec2TaggedOptions,
} from "./_ec2_options.ts";
import {
  type Ec2Address,
  type Ec2SecurityGroup,
  type Ec2Subnet,
  type Ec2Vpc,
  textOf,
  toAddress,
  toSecurityGroup,
  toSubnet,
  toVpc,
} from "./_ec2_records.ts";
import { type Collection, QueryApi } from "./_query_api.ts";
import { Ec2NodeDriver } from "./ec2.ts";

export type {
  Ec2Address,
  Ec2Rule,
  Ec2SecurityGroup,
  Ec2Subnet,
  Ec2Vpc,
} from "./_ec2_records.ts";
export type {
  Ec2AssociateAddressOptions,
  Ec2CreateSecurityGroupOptions,
  Ec2RulesOptions,
} from "./_ec2_options.ts";

const GROUPS: Collection<Ec2SecurityGroup> = {
  action: "DescribeSecurityGroups",
  path: ["securityGroupInfo", "item"],
  idParameter: "GroupId",
  convert: toSecurityGroup,
  largestPage: 1000,
};
const VPCS: Collection<Ec2Vpc> = {
  action: "DescribeVpcs",
  path: ["vpcSet", "item"],
  idParameter: "VpcId",
  convert: toVpc,
  largestPage: 1000,
};
const SUBNETS: Collection<Ec2Subnet> = {
  action: "DescribeSubnets",
  path: ["subnetSet", "item"],
  idParameter: "SubnetId",
  convert: toSubnet,
  largestPage: 1000,
};
const ADDRESSES: Collection<Ec2Address> = {
  action: "DescribeAddresses",
  path: ["addressesSet", "item"],
  idParameter: "AllocationId",
  convert: toAddress,
};

/** Driver for Amazon EC2 and its networks. */
export class Ec2NetworkDriver extends Ec2NodeDriver {
  readonly #api: QueryApi<Ec2ListOptions>;

  /**
   * Creates a driver. Nothing is sent until the first call.
   *
   * @param options Credentials, region and settings.
   * @throws {TypeError} If a key, `region` or `baseUrl` is invalid.
   */
  constructor(options: Ec2Options) {
    super(options, "Ec2NetworkDriver");
    this.#api = new QueryApi(this.connection, EC2_API);
  }

  /** Lists the security groups of the region. */
  listSecurityGroups(options: Ec2ListOptions = {}): Listing<Ec2SecurityGroup> {
    return this.#api.list("listSecurityGroups", GROUPS, options);
  }

  /**
   * Creates a security group. It allows no incoming traffic and all outgoing
   * traffic.
   *
   * @param options Name, description, VPC and tags of the group.
   * @returns The id of the group.
   */
  async createSecurityGroup(
    options: Ec2CreateSecurityGroupOptions,
  ): Promise<{ readonly id: string }> {
    const operation = "createSecurityGroup";
    const { name, description, vpc, tags } = options;
    return await this.#api.create(
      operation,
      "CreateSecurityGroup",
      (body) => ({ id: textOf(body, "groupId") }),
      options,
      {
        GroupName: checkText(name, operation, "name"),
        GroupDescription: checkText(description, operation, "description"),
        VpcId: optionalId(vpc, operation, "vpc"),
        TagSpecification: toTagSpecification(
          "security-group",
          newTags(operation, tags),
        ),
      },
    );
  }

  /**
   * Adds rules for incoming traffic to a security group.
   *
   * @param group The group or its id.
   * @param options The rules. With an empty array, no request is sent.
   */
  async authorizeIngress(group: Ref, options: Ec2RulesOptions): Promise<void> {
    const action = "AuthorizeSecurityGroupIngress";
    await this.#changeRules("authorizeIngress", action, group, options);
  }

  /**
   * Removes rules for incoming traffic from a security group.
   *
   * @param group The group or its id.
   * @param options The rules. With an empty array, no request is sent.
   */
  async revokeIngress(group: Ref, options: Ec2RulesOptions): Promise<void> {
    const action = "RevokeSecurityGroupIngress";
    await this.#changeRules("revokeIngress", action, group, options);
  }

  /**
   * Deletes a security group.
   *
   * @throws {ConflictError} If the group is in use.
   */
  async deleteSecurityGroup(
    group: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "deleteSecurityGroup";
    await this.#api.delete(operation, "DeleteSecurityGroup", options, {
      GroupId: idOf(group, operation, "group"),
    });
  }

  /** Lists the VPCs of the region. */
  listVpcs(options: Ec2ListOptions = {}): Listing<Ec2Vpc> {
    return this.#api.list("listVpcs", VPCS, options);
  }

  /** Lists the subnets of the region. */
  listSubnets(options: Ec2ListOptions = {}): Listing<Ec2Subnet> {
    return this.#api.list("listSubnets", SUBNETS, options);
  }

  /**
   * Lists the Elastic IP addresses of the region. EC2 returns them on one page.
   */
  listAddresses(options: Ec2ListOptions = {}): Listing<Ec2Address> {
    return this.#api.list("listAddresses", ADDRESSES, options);
  }

  /**
   * Allocates an Elastic IP address. It is billed until you release it.
   *
   * @param options Tags of the address.
   * @returns The address.
   */
  async allocateAddress(options: Ec2TaggedOptions = {}): Promise<Ec2Address> {
    const operation = "allocateAddress";
    const tags = newTags(operation, options.tags);
    return await this.#api.create(
      operation,
      "AllocateAddress",
      (body) => toAddress(body, tags),
      options,
      {
        Domain: "vpc",
        TagSpecification: toTagSpecification("elastic-ip", tags),
      },
    );
  }

  /**
   * Associates an Elastic IP address with a node. The node loses its previous
   * public IPv4 address.
   *
   * @param address The address, or the id of its allocation.
   * @param options The node.
   * @returns The id of the association.
   */
  async associateAddress(
    address: Ref,
    options: Ec2AssociateAddressOptions,
  ): Promise<{ readonly associationId: string }> {
    const operation = "associateAddress";
    return await this.#api.create(
      operation,
      "AssociateAddress",
      (body) => ({ associationId: textOf(body, "associationId") }),
      { ...options, idempotent: true, creates: false },
      {
        ...toAddressId(address, operation),
        InstanceId: idOf(options.node, operation, "node"),
        AllowReassociation: options.allowReassociation,
      },
    );
  }

  /**
   * Disassociates an Elastic IP address from its node. The address stays
   * allocated and is billed. If the record does not contain the id of the
   * association, the address is requested first.
   *
   * @param address The address, or the id of its allocation.
   * @param options Options of the call.
   * @throws {ValidationError} If the address is not associated.
   */
  async disassociateAddress(
    address: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "disassociateAddress";
    const { provider } = this;
    const id = toAddressId(address, operation);
    const known = textIn(address, "associationId");
    await sequence(
      { provider, operation },
      options,
      async ({ call, write }) => {
        const parameters = known === undefined && "PublicIp" in id ? id : {
          AssociationId: known ??
            (await this.#api.find(operation, ADDRESSES, { address }, call))
              .associationId,
        };
        await write((call) =>
          this.#api.send(operation, "DisassociateAddress", call, parameters)
        );
      },
    );
  }

  /** Releases an Elastic IP address. You may not get the same one again. */
  async releaseAddress(address: Ref, options: CallOptions = {}): Promise<void> {
    const operation = "releaseAddress";
    await this.#api.delete(operation, "ReleaseAddress", options, {
      ...toAddressId(address, operation),
    });
  }

  async #changeRules(
    operation: string,
    action: string,
    group: Ref,
    options: Ec2RulesOptions,
  ): Promise<void> {
    const { rules } = options;
    const groupId = idOf(group, operation, "group");
    if (!Array.isArray(rules)) {
      throw mistake(operation, "rules", "an array", rules);
    }
    if (rules.length === 0) return;
    await this.#api.send(operation, action, options, {
      GroupId: groupId,
      IpPermissions: rules,
    });
  }
}

/** Parameter for an address. Without an allocation, an address is its own id. */
function toAddressId(
  address: Ref,
  operation: string,
): { readonly AllocationId: string } | { readonly PublicIp: string } {
  const id = idOf(address, operation, "address");
  return isPublicIp(id) === undefined ? { AllocationId: id } : { PublicIp: id };
}
