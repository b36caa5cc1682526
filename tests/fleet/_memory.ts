/**
 * The memory of this process.
 *
 * @module
 */

const MIB = 1024 ** 2;

/** Memory in MiB: at the start, and its peak. */
export interface MemoryReport {
  readonly startMib: number;
  readonly peakMib: number;
  readonly heapMib: number;
}

/** Measures a process. Without Linux, the peak is that of the samples. */
export interface Measuring {
  /** Takes a sample. */
  sample(): void;
  /** Takes the last sample. */
  end(): MemoryReport;
}

/**
 * Measures from now on. The process needs the flag `--expose-gc` of V8.
 *
 * @returns The measuring.
 */
export function startMeasuring(): Measuring {
  (globalThis as unknown as { gc(): void }).gc();
  const { rss: start } = Deno.memoryUsage();
  let rss = start;
  let heap = 0;
  // Resets the peak that the kernel keeps.
  try {
    Deno.writeTextFileSync("/proc/self/clear_refs", "5");
  } catch {
    // Not Linux, or not permitted: the kernel's peak is at least this start.
  }
  return {
    sample() {
      const usage = Deno.memoryUsage();
      rss = Math.max(rss, usage.rss);
      heap = Math.max(heap, usage.heapUsed);
    },
    end() {
      this.sample();
      const peak = Math.max(rss, kernelPeak() ?? 0);
      return {
        startMib: start / MIB,
        peakMib: peak / MIB,
        heapMib: heap / MIB,
      };
    },
  };
}

/** The peak of the resident memory in bytes, as Linux counts it. */
function kernelPeak(): number | undefined {
  try {
    const status = Deno.readTextFileSync("/proc/self/status");
    return Number(/VmHWM:\s*(\d+) kB/.exec(status)?.[1]) * 1024;
  } catch {
    return undefined;
  }
}
