/**
 * Operations on EC2 instances.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import {
  type Action,
  action,
  type Actions,
  page,
  PAGE_PARAMS,
  SUCCESS,
} from "./action.ts";
import { attributeOf, modify } from "./attributes.ts";
import { idempotent } from "./idempotency.ts";
import {
  instanceFields,
  reservationXml,
  stateXml,
  statusOf,
  statusXml,
} from "./instance_xml.ts";
import {
  applyFilters,
  boolean,
  filters,
  list,
  oneOf,
  refuse,
  required,
  type Shape,
  string,
  structure,
} from "./query.ts";
import { type Instance, type State, STATES } from "./records.ts";
import type { Region } from "./region.ts";
import { RUN, run } from "./run.ts";
import { toGmt, toTimestamp } from "./xml.ts";

const instanceIds = list(required(string));

/** Operations on instances. */
export const INSTANCE_ACTIONS: Actions = {
  RunInstances: action(RUN, (params, context) => {
    const { region, parameters } = context;
    const instances = idempotent(
      region.runResults,
      params.ClientToken,
      parameters,
      () => run(params, region),
    );
    return reservationXml(region, instances);
  }),

  DescribeInstances: action(
    {
      ...PAGE_PARAMS,
      Filter: filters,
      IncludeManagedResources: boolean,
      InstanceId: instanceIds,
    },
    (params, context) => {
      const ids = params.InstanceId;
      const region = context.region.described(ids);
      const all = ids.length > 0
        ? region.pickInstances(ids).sort((a, b) => a.order - b.order)
        : region.instances.list;
      const found = applyFilters(all, params.Filter, instanceFields(region));
      const { items, nextToken } = page(found, params, context, {
        ids,
        order: ({ order }) => order,
        isInseparable: (item, next) => item.reservation === next.reservation,
      });
      const reservations: Instance[][] = [];
      for (const instance of items) {
        const last = reservations.at(-1);
        if (last?.[0]?.reservation === instance.reservation) {
          last.push(instance);
        } else reservations.push([instance]);
      }
      return {
        reservationSet: reservations.map((members) =>
          reservationXml(region, members)
        ),
        nextToken,
      };
    },
  ),

  StartInstances: change(
    { AdditionalInfo: string },
    (instance, region) =>
      checkState(
        instance,
        ["stopped", "pending", "running"],
        "started",
        region,
      ),
    (instance, region) => {
      if (instance.state !== "stopped") return;
      instance.launchedAt = region.now;
      instance.reason = undefined;
      instance.transition = "";
      instance.publicIp = instance.isPublic ? region.takePublicIp() : undefined;
      region.boot(instance, "StartInstances");
    },
  ),

  StopInstances: change(
    { Force: boolean, Hibernate: boolean, SkipOsShutdown: boolean },
    (instance, region) => {
      checkState(
        instance,
        ["running", "stopping", "stopped"],
        "stopped",
        region,
      );
      if (instance.spotRequest !== undefined && !instance.isPersistent) {
        refuse(
          "UnsupportedOperation",
          `You can't stop the Spot Instance '${instance.id}' because it is associated with a one-time Spot Instance request.`,
        );
      }
      if (instance.isStopProtected) {
        refuse(
          "OperationNotPermitted",
          `The instance '${instance.id}' may not be stopped. Modify its 'disableApiStop' instance attribute and try again.`,
        );
      }
    },
    (instance, region) => {
      if (instance.state !== "running") return;
      instance.reason = {
        code: "Client.UserInitiatedShutdown",
        message: "Client.UserInitiatedShutdown: User initiated shutdown",
      };
      instance.transition = `User initiated (${toGmt(region.now)})`;
      region.transition(
        instance,
        "stopping",
        region.account.actionMs,
        "stopped",
        () => region.releasePublicIp(instance),
      );
    },
  ),

  TerminateInstances: change(
    { Force: boolean, SkipOsShutdown: boolean },
    ({ id, isProtected }) => {
      if (!isProtected) return;
      refuse(
        "OperationNotPermitted",
        `The instance '${id}' may not be terminated. Modify its 'disableApiTermination' instance attribute and try again.`,
      );
    },
    (instance, region) => {
      const hasEnded = instance.state === "terminated" ||
        instance.state === "shutting-down";
      if (!hasEnded) region.terminate(instance);
    },
  ),

  RebootInstances: action(
    { InstanceId: required(instanceIds) },
    ({ InstanceId: ids }, { region }) => {
      const picked = region.pickInstances(ids);
      for (const it of picked) {
        checkState(it, ["running"], "rebooted", region);
      }
      return SUCCESS;
    },
  ),

  MonitorInstances: monitor(true),

  UnmonitorInstances: monitor(false),

  DescribeInstanceStatus: action(
    {
      ...PAGE_PARAMS,
      Filter: filters,
      IncludeAllInstances: boolean,
      IncludeManagedResources: boolean,
      InstanceId: instanceIds,
    },
    (params, context) => {
      const ids = params.InstanceId;
      const region = context.region.described(ids);
      const all =
        (ids.length > 0
          ? region.pickInstances(ids).sort((a, b) => a.order - b.order)
          : region.instances.list)
          .filter(({ state }) =>
            params.IncludeAllInstances || state === "running"
          );
      const found = applyFilters(all, params.Filter, {
        "availability-zone": ({ subnet }) => subnet.zone.name,
        "instance-state-code": ({ state }) => STATES[state],
        "instance-state-name": ({ state }) => state,
        "instance-status.status": ({ state }) => statusOf(state),
        "system-status.status": ({ state }) => statusOf(state),
      });
      const rules = { ids, order: (it: Instance) => it.order };
      const { items, nextToken } = page(found, params, context, rules);
      return { instanceStatusSet: items.map(statusXml), nextToken };
    },
  ),

  DescribeInstanceAttribute: action(
    { Attribute: required(string), InstanceId: required(string) },
    ({ Attribute: name, InstanceId: id }, { region }) => {
      const instance = region.pickInstance(id);
      return {
        instanceId: id,
        ...attributeOf(region, instance, name),
      };
    },
  ),

  ModifyInstanceAttribute: action(
    {
      Attribute: string,
      BlockDeviceMapping: list(structure({
        DeviceName: required(string),
        Ebs: structure({ DeleteOnTermination: boolean, VolumeId: string }),
      })),
      DisableApiStop: structure({ Value: boolean }),
      DisableApiTermination: structure({ Value: boolean }),
      EbsOptimized: structure({ Value: boolean }),
      GroupId: list(required(string)),
      InstanceId: required(string),
      InstanceInitiatedShutdownBehavior: structure({
        Value: oneOf("stop", "terminate"),
      }),
      InstanceType: structure({ Value: string }),
      SourceDestCheck: structure({ Value: boolean }),
      UserData: structure({ Value: string }),
      Value: string,
    },
    (params, { region }) => {
      const instance = region.pickInstance(params.InstanceId);
      if (instance.state === "terminated") {
        refuse(
          "IncorrectInstanceState",
          `The instance '${instance.id}' is not in a state from which it can be modified.`,
        );
      }
      modify(instance, params, region);
      return SUCCESS;
    },
  ),

  GetConsoleOutput: action(
    { InstanceId: required(string), Latest: boolean },
    ({ InstanceId: id }, { region }) => {
      const instance = region.pickInstance(id);
      return {
        instanceId: id,
        timestamp: toTimestamp(region.now),
        output: instance.state === "pending"
          ? undefined
          : encodeBase64(consoleOf(instance)),
      };
    },
  ),

  GetPasswordData: action(
    { InstanceId: required(string) },
    ({ InstanceId: id }, { region }) => {
      region.pickInstance(id);
      return {
        instanceId: id,
        timestamp: toTimestamp(region.now),
        // Windows sets the password on first boot, which is not simulated.
        passwordData: "",
      };
    },
  ),
};

/**
 * Creates an operation that changes the state of instances.
 *
 * @param options Parameters besides `InstanceId`.
 * @param check Refuses an instance that must not be changed. All are checked
 * before any is changed.
 * @param begin Starts the change of one instance.
 * @returns The operation.
 */
function change<S extends Shape>(
  options: S,
  check: (instance: Instance, region: Region) => void,
  begin: (instance: Instance, region: Region) => void,
): Action {
  return action(
    { InstanceId: required(instanceIds), ...options },
    (params, { region }) => {
      const { InstanceId: ids } = params as { InstanceId: readonly string[] };
      const picked = region.pickInstances(ids);
      // All instances are checked before any is changed.
      for (const instance of picked) check(instance, region);
      return {
        instancesSet: picked.map((instance) => {
          const { state } = instance;
          begin(instance, region);
          return {
            instanceId: instance.id,
            currentState: stateXml(instance.state),
            previousState: stateXml(state),
          };
        }),
      };
    },
  );
}

function monitor(isMonitored: boolean): Action {
  return action(
    { InstanceId: required(instanceIds) },
    ({ InstanceId: ids }, { region }) => {
      const picked = region.pickInstances(ids);
      for (const instance of picked) instance.isMonitored = isMonitored;
      return {
        instancesSet: picked.map(({ id }) => ({
          instanceId: id,
          monitoring: { state: isMonitored ? "pending" : "disabling" },
        })),
      };
    },
  );
}

function checkState(
  { id, state, busyUntil }: Instance,
  states: readonly State[],
  participle: string,
  region: Region,
): void {
  if (states.includes(state) && !region.timeline.isBusy({ busyUntil })) return;
  refuse(
    "IncorrectInstanceState",
    `The instance '${id}' is not in a state from which it can be ${participle}.`,
  );
}

function consoleOf({ image, privateIp, launchedAt }: Instance): string {
  return [
    "[    0.000000] Linux version 6.1.0 (simulated)",
    `[    0.000000] Command line: root=${image.rootDevice} console=ttyS0`,
    `ci-info: | eth0 | True | ${privateIp} |`,
    `Cloud-init finished at ${new Date(launchedAt).toUTCString()}`,
    "",
  ].join("\r\n");
}
