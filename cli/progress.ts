/**
 * The progress of waits and deployments: a bar on a terminal, lines elsewhere.
 *
 * @module
 */

import { formatMs, joinFew, oneLine } from "../core/message.ts";
import type { DeploymentProgress } from "../core/compute/deployment.ts";
import type { WaitProgress } from "../core/compute/nodes.ts";
import type { Output } from "./surroundings.ts";

/** Width of the bar, without its ends. */
const BAR = 20;

/** Shows progress on standard error. */
export class Progress {
  readonly #output: Output;
  readonly #isQuiet: boolean;
  #last = "";
  #isOpen = false;

  /**
   * Prepares the progress; nothing is written.
   *
   * @param output Where to write.
   * @param isQuiet Whether to write nothing.
   */
  constructor(output: Output, isQuiet: boolean) {
    this.#output = output;
    this.#isQuiet = isQuiet;
  }

  /**
   * Shows the progress of a wait.
   *
   * @param progress Nodes that are ready, and the others.
   */
  wait({ ready, waiting, unknown, elapsedMs }: WaitProgress): void {
    const total = ready.length + waiting.length + unknown.length;
    const open = [
      ...waiting.map(({ name, state }) => `${oneLine(name)} is ${state}`),
      ...unknown.map((id) => `${id} is not known yet`),
    ];
    const counted = [`${ready.length} of ${total} ready`];
    if (open.length > 0) counted.push(joinFew(open, 3));
    this.#show(ready.length / total, counted.join("; "), elapsedMs);
  }

  /**
   * Shows how many of several changes are made.
   *
   * @param done Number of changes that are made.
   * @param left Number of the others.
   * @param elapsedMs Time since the start.
   */
  changes(done: number, left: number, elapsedMs: number): void {
    const total = done + left;
    this.#show(done / total, `${done} of ${total} changes made`, elapsedMs);
  }

  /**
   * Shows the progress of a deployment.
   *
   * @param progress The phase, and the step.
   * @param total Number of steps.
   */
  deploy(
    { phase, step, result, elapsedMs }: DeploymentProgress,
    done: number,
    total: number,
  ): void {
    const about = step === undefined
      ? phase
      : `${phase} ${step.kind} ${step.name}`;
    const end = result === undefined
      ? ""
      : `; exit status ${result.exitStatus}`;
    this.#show(done / total, oneLine(about + end), elapsedMs);
  }

  /** Removes the bar, so that other lines can follow. */
  end(): void {
    if (this.#isOpen) this.#output.write("\r\x1b[K");
    this.#isOpen = false;
  }

  #show(part: number, text: string, elapsedMs: number): void {
    if (this.#isQuiet) return;
    if (!this.#output.isTerminal) {
      // A log needs no line that says the same.
      if (text !== this.#last) this.#output.write(`${text}\n`);
      this.#last = text;
      return;
    }
    const full = Math.round(part * BAR);
    const bar = `[${"#".repeat(full)}${".".repeat(BAR - full)}]`;
    const line = `${bar} ${
      formatMs(Math.round(elapsedMs / 1000) * 1000)
    } ${text}`;
    const width = (this.#output.columns ?? 80) - 1;
    this.#output.write(`\r\x1b[K${[...line].slice(0, width).join("")}`);
    this.#isOpen = true;
  }
}
