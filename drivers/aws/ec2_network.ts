/**
 * Amazon EC2 with its networks: all that `drivers/ec2` has, and security groups,
 * private networks, subnets and elastic addresses, which most programs have no
 * use for, and so need not carry.
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
 *   description: "Lets browsers in",
 * });
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
  type Listing,
  type Ref,
} from "../../core/mod.ts";
import {
  ask,
  get,
  kind,
  list,
  lookAndSend,
  remove,
  send,
} from "./_query_api.ts";
import {
  type Ec2Address,
  type Ec2SecurityGroup,
  type Ec2Subnet,
  type Ec2Vpc,
  idAt,
  toThing,
} from "./_ec2_records.ts";
import {
  type Ec2AssociateAddressOptions,
  type Ec2CreateSecurityGroupOptions,
  type Ec2ListOptions,
  type Ec2RulesOptions,
  type Ec2TaggedOptions,
  optionalId,
  toTagSpecification,
} from "./_ec2_requests.ts";
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
} from "./_ec2_requests.ts";

const GROUPS = kind<Ec2SecurityGroup>(
  "SecurityGroups",
  "GroupId",
  "securityGroupInfo",
  toThing("groupId"),
);
const SUBNETS = kind<Ec2Subnet>(
  "Subnets",
  "SubnetId",
  "subnetSet",
  toThing("subnetId"),
);
const VPCS = kind<Ec2Vpc>("Vpcs", "VpcId", "vpcSet", toThing("vpcId"));
const toAddress = toThing<Ec2Address>("allocationId");
const ADDRESSES = kind(
  "Addresses",
  "AllocationId",
  "addressesSet",
  toAddress,
  0,
);

/** Driver for Amazon EC2 and its networks. */
export class Ec2NetworkDriver extends Ec2NodeDriver {
  /** Lists the security groups of the region. */
  listSecurityGroups(options: Ec2ListOptions = {}): Listing<Ec2SecurityGroup> {
    return list(this.connection, "listSecurityGroups", GROUPS, options);
  }

  /**
   * Makes a security group, which lets nothing in and everything out.
   *
   * @param options Its name and description, and for which private network.
   * @returns Its id.
   */
  async createSecurityGroup(
    options: Ec2CreateSecurityGroupOptions,
  ): Promise<{ readonly id: string }> {
    const operation = "createSecurityGroup";
    return await ask(this.connection, operation, options, {}, {
      GroupName: checkText(options.name, operation, "name"),
      GroupDescription: checkText(
        options.description,
        operation,
        "description",
      ),
      // Of all that have one, groups alone call it something else.
      description: undefined,
      VpcId: optionalId(options.vpc, operation),
      TagSpecification: toTagSpecification("security-group", options.tags),
    }, (answer) => ({ id: idAt(answer, "groupId") }));
  }

  /** Lets something in to the members of a security group. */
  async authorizeIngress(group: Ref, options: Ec2RulesOptions): Promise<void> {
    await send(
      this.connection,
      "authorizeIngress",
      options,
      { GroupId: group },
      {
        Action: "AuthorizeSecurityGroupIngress",
        IpPermissions: options.rules,
      },
    );
  }

  /** Lets something in no longer. */
  async revokeIngress(group: Ref, options: Ec2RulesOptions): Promise<void> {
    await send(this.connection, "revokeIngress", options, { GroupId: group }, {
      Action: "RevokeSecurityGroupIngress",
      IpPermissions: options.rules,
    });
  }

  /** Deletes a security group that nothing is in. */
  async deleteSecurityGroup(
    group: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    await remove(this.connection, "deleteSecurityGroup", options, {
      GroupId: group,
    });
  }

  /** Lists the private networks of the region. */
  listVpcs(options: Ec2ListOptions = {}): Listing<Ec2Vpc> {
    return list(this.connection, "listVpcs", VPCS, options);
  }

  /** Lists the subnets of the region. */
  listSubnets(options: Ec2ListOptions = {}): Listing<Ec2Subnet> {
    return list(this.connection, "listSubnets", SUBNETS, options);
  }

  /** Lists the elastic addresses of the account; EC2 has no pages of them. */
  listAddresses(options: Ec2ListOptions = {}): Listing<Ec2Address> {
    return list(this.connection, "listAddresses", ADDRESSES, options);
  }

  /**
   * Allocates an elastic address, which costs extra.
   *
   * @param options Its tags.
   * @returns The address.
   */
  async allocateAddress(options: Ec2TaggedOptions = {}): Promise<Ec2Address> {
    return await ask(this.connection, "allocateAddress", options, {}, {
      Domain: "vpc",
      TagSpecification: toTagSpecification("elastic-ip", options.tags),
    }, toAddress);
  }

  /**
   * Has an elastic address lead to a node, which loses the public address it
   * had.
   *
   * @param address The address, by the id of its allocation.
   * @param options The node.
   * @returns Id of what ties it to the node.
   */
  async associateAddress(
    address: Ref,
    options: Ec2AssociateAddressOptions,
  ): Promise<{ readonly associationId: string }> {
    return await ask(
      this.connection,
      "associateAddress",
      options,
      { AllocationId: address, InstanceId: options.node },
      {},
      (answer) => ({ associationId: idAt(answer, "associationId") }),
      true,
    );
  }

  /**
   * Has an elastic address lead nowhere; it stays allocated. Where the record
   * does not tell what ties it to a node, the address is asked for first.
   *
   * @param address The address, by the id of its allocation.
   * @param options Limits of the call.
   * @throws {ValidationError} If it leads nowhere.
   */
  async disassociateAddress(
    address: Ref,
    options: CallOptions = {},
  ): Promise<void> {
    const operation = "disassociateAddress";
    const id = idOf(address, operation);
    const known = (address as Partial<Ec2Address>).associationId;
    await lookAndSend(
      this.connection,
      operation,
      options,
      {},
      async (call) => ({
        AssociationId: known ??
          (await get(this.connection, operation, ADDRESSES, id, call))
            .associationId,
      }),
    );
  }

  /** Gives an elastic address back. */
  async releaseAddress(address: Ref, options: CallOptions = {}): Promise<void> {
    await remove(this.connection, "releaseAddress", options, {
      AllocationId: address,
    });
  }
}
