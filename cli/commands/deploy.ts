/**
 * `nephos nodes deploy`: a server, and steps that run on it.
 *
 * @module
 */

import {
  InvalidArgumentError,
  Option,
} from "npm:@commander-js/extra-typings@15.1.0";
import type { DeploymentStep } from "../../core/compute/steps.ts";
import type { DeploymentTransport } from "../../core/compute/deployment.ts";
import type { NodeDriver } from "../../core/compute/driver.ts";
import type { Open } from "../context.ts";
import { usageError } from "../errors.ts";
import { readText } from "../files.ts";
import { NODE, withSecret } from "../kinds.ts";
import { toMore, withColumns, withDryRun } from "../options.ts";
import { checkSelection } from "../output.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Group } from "../root.ts";

/** Adds the command to the group of commands for servers. */
export function addDeploy(
  nodes: Group,
  open: Open,
): void {
  withDryRun(withColumns(nodes.command("deploy")))
    .description("create a server, and run steps on it")
    .argument("<name>", "name of the server")
    .requiredOption("--size <id>", 'size, from "nephos sizes list"')
    .requiredOption("--image <id>", 'image, from "nephos images list"')
    .option("--location <id>", 'location, from "nephos locations list"')
    .option("--key <id>", "key pair that can log in; can be repeated", toMore)
    .option("--tag <key:value>", "tag; can be repeated", toMore)
    .option("--authorize <file>", "public key to add; can be repeated", toMore)
    .option("--file <local:remote>", "file to copy; can be repeated", toCopies)
    .option("--script <file>", "script to run; can be repeated", toMore)
    .addOption(
      new Option("--via <transport>", "how to run the steps")
        .choices(["cloud-init", "ssh"]).default("cloud-init" as const),
    )
    .option("--identity <file>", "private key, for --via ssh")
    .option("--user <name>", "user to log in as, for --via ssh")
    .option(
      "--host-key <key>",
      "fingerprint of the host key, inject or accept-new, for --via ssh",
    )
    .addOption(
      new Option(
        "--on-failure <action>",
        "what to do with a server that failed",
      )
        .choices(["keep", "destroy"]).default("keep" as const),
    )
    .action(async (name, _, command) => {
      const options = command.optsWithGlobals();
      const context = open(options);
      checkSelection(NODE, options);
      const deploy = await toSteps(context.surroundings, options);
      const via = await toTransport(context.surroundings, options);
      const driver = await context.driver();
      const deployed = await context.change(
        options,
        `deploy the node ${name} at ${driver.displayName}`,
        (call) =>
          context.follow((progress) => {
            let done = 0;
            return driver.deployNode({
              ...call,
              name,
              size: options.size,
              image: options.image,
              location: options.location,
              keyPairs: options.key,
              tags: options.tag,
              deploy,
              // The driver checks whether it supports the transport.
              via: via as DeploymentTransport<NodeDriver>,
              onFailure: options.onFailure,
              onProgress(it) {
                if (it.result !== undefined) done++;
                progress.deploy(it, done, deploy.length);
              },
            });
          }),
      );
      if (deployed === undefined) return;
      const { node } = deployed.value;
      await context.show(withSecret(NODE, node, "rootPassword"), node, options);
    });
}

interface StepOptions {
  readonly authorize?: readonly string[] | undefined;
  readonly file?: readonly Copy[] | undefined;
  readonly script?: readonly string[] | undefined;
}

/** Reads the files of the steps: keys, then files, then scripts. */
async function toSteps(
  surroundings: Surroundings,
  { authorize = [], file: copies = [], script: scripts = [] }: StepOptions,
): Promise<DeploymentStep[]> {
  const { file, script, sshKey } = await import("../../core/compute/steps.ts");
  const steps: DeploymentStep[] = [];
  for (const path of authorize) {
    steps.push(sshKey((await readText(surroundings, path)).trim()));
  }
  for (const { local, remote } of copies) {
    steps.push(file(remote, await readText(surroundings, local)));
  }
  for (const path of scripts) {
    const name = path.replace(/^.*[\\/]/, "");
    steps.push(script(await readText(surroundings, path), { name }));
  }
  if (steps.length > 0) return steps;
  throw usageError(
    "nodes deploy: there are no steps",
    'add --script, --file or --authorize, or use "nephos nodes create"',
  );
}

interface TransportOptions {
  readonly via: "cloud-init" | "ssh";
  readonly identity?: string | undefined;
  readonly user?: string | undefined;
  readonly hostKey?: string | undefined;
}

async function toTransport(
  surroundings: Surroundings,
  { via, identity, user, hostKey }: TransportOptions,
): Promise<unknown> {
  if (via === "cloud-init") {
    const given = Object.entries({ identity, user, "host-key": hostKey })
      .find(([, value]) => value !== undefined);
    if (given) {
      throw usageError(`--${given[0]} is for --via ssh`, "add --via ssh");
    }
    const { cloudInit } = await import("../../deploy/cloud_init.ts");
    return cloudInit();
  }
  if (hostKey === undefined) {
    throw usageError(
      "--via ssh needs --host-key",
      "add --host-key inject, or --host-key accept-new to trust the first key",
    );
  }
  const { ssh } = await import("../../deploy/ssh.ts");
  return ssh({
    hostKey,
    username: user,
    privateKey: identity && await readText(surroundings, identity),
    agent: surroundings.env.SSH_AUTH_SOCK,
  });
}

/** A file to copy to the node. */
interface Copy {
  readonly local: string;
  readonly remote: string;
}

function toCopies(value: string, copies: readonly Copy[] = []): Copy[] {
  const [, local, remote] = /^(.+):(\/.+)$/.exec(value) ?? [];
  if (local !== undefined && remote !== undefined) {
    return [...copies, { local, remote }];
  }
  throw new InvalidArgumentError("Use two paths, such as motd:/etc/motd.");
}
