/**
 * Chooses the mutants of a driver: its broken copies.
 *
 * @module
 */

import { columnsIn, isData } from "./data.ts";
import { apply, type Change, type Edit } from "./edit.ts";
import { KINDS } from "./kinds/mod.ts";
import { type DriverSource, isValid } from "./source.ts";
import { nodesIn, placeOf } from "./tree.ts";
import type ts from "./typescript.ts";

/** A driver with one mistake. */
export interface Mutant {
  /** Kind of the mistake, such as `"verb"`. */
  readonly kind: string;
  /** File that is changed, relative to the repository. */
  readonly file: string;
  /** Line of the first change. */
  readonly line: number;
  /** Method, function or constant that is changed. */
  readonly place: string;
  /** The mistake: the old code, an arrow, the new code. */
  readonly edit: string;
  /** The changes of the file. */
  readonly changes: readonly Change[];
}

/** Settings of {@linkcode chooseMutants}. */
export interface Choice {
  /** Number of mutants, if there are enough places. */
  readonly count: number;
  /** Another seed gives other mutants. */
  readonly seed: number;
}

/** Characters of the old and the new code that are shown. */
const MAX_SHOWN = 90;

/** What was found, because it takes seconds for a large driver. */
const found = new WeakMap<DriverSource, Map<string, readonly Mutant[]>>();

/**
 * Finds every mutant of a driver. No two of them have the same text.
 *
 * @param driver The driver.
 * @returns The mutants by kind, in the order of the files.
 */
export function allMutants(
  driver: DriverSource,
): ReadonlyMap<string, readonly Mutant[]> {
  const mutants = found.get(driver) ?? findMutants(driver);
  found.set(driver, mutants);
  return mutants;
}

function findMutants(
  { files }: DriverSource,
): Map<string, readonly Mutant[]> {
  const known = new Set<string>();
  const places = files.map((file) => ({
    file,
    nodes: [...isData(file) ? columnsIn([file]).keys() : nodesIn(file)],
  }));
  return new Map(
    Object.entries(KINDS).map(([kind, operator]) => {
      const propose = operator(files);
      const mutants: Mutant[] = [];
      for (const { file, nodes } of places) {
        for (const node of nodes) {
          for (const edit of propose(node)) {
            const id = `${file.fileName} ${JSON.stringify(edit.changes)}`;
            if (known.has(id)) continue;
            known.add(id);
            mutants.push(toMutant(kind, file, node, edit));
          }
        }
      }
      return [kind, numbered(mutants)];
    }),
  );
}

/**
 * Chooses mutants in turn from each kind. The same sources and the same seed give
 * the same mutants, and a change in one place hardly changes the choice in
 * others. Within a kind, a function has its second turn after all others.
 *
 * @param driver The driver.
 * @param choice Number and seed.
 * @returns The mutants, the kinds in turn.
 */
export function chooseMutants(
  driver: DriverSource,
  { count, seed }: Choice,
): Mutant[] {
  const texts = new Map(
    driver.files.map(({ fileName, text }) => [fileName, text]),
  );
  const queues = [...allMutants(driver).values()]
    .map((mutants) => inTurns(mutants, seed));
  const chosen: Mutant[] = [];
  while (chosen.length < count && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      const mutant = shiftValid(queue, texts);
      if (mutant && chosen.length < count) chosen.push(mutant);
    }
  }
  return chosen;
}

function shiftValid(
  queue: Mutant[],
  texts: ReadonlyMap<string, string>,
): Mutant | undefined {
  for (let it = queue.shift(); it; it = queue.shift()) {
    const text = apply(texts.get(it.file)!, it.changes);
    if (isValid(it.file, text)) return it;
  }
  return undefined;
}

/** Shuffles mutants by hash, and lets their functions take turns. */
function inTurns(mutants: readonly Mutant[], seed: number): Mutant[] {
  const shuffled = mutants
    .map((mutant) => ({ mutant, hash: hash(`${seed} ${describe(mutant)}`) }))
    .toSorted((a, b) => a.hash - b.hash);
  const turns = new Map<string, number>();
  return shuffled
    .map(({ mutant }) => {
      const place = `${mutant.file} ${mutant.place}`;
      const turn = turns.get(place) ?? 0;
      turns.set(place, turn + 1);
      return { mutant, turn };
    })
    .toSorted((a, b) => a.turn - b.turn)
    .map(({ mutant }) => mutant);
}

/**
 * Describes a mutant without the line, which changes with every edit above it.
 *
 * @param mutant The mutant.
 * @returns The description, on one line.
 */
export function describe(
  mutant: Pick<Mutant, "file" | "place" | "kind" | "edit">,
): string {
  const { file, place, kind, edit } = mutant;
  return `${file} in ${place}, ${kind}: ${edit}`;
}

function toMutant(
  kind: string,
  file: ts.SourceFile,
  node: ts.Node,
  edit: Edit,
): Mutant {
  const start = edit.changes[0]!.start;
  return {
    kind,
    file: file.fileName,
    line: file.getLineAndCharacterOfPosition(start).line + 1,
    place: file.fileName.endsWith(".json") ? "the data" : placeOf(node),
    edit: `${cut(edit.before)} → ${cut(edit.after)}`,
    changes: edit.changes,
  };
}

/** Tells mutants apart that have the same description. */
function numbered(mutants: readonly Mutant[]): Mutant[] {
  const counts = new Map<string, number>();
  return mutants.map((mutant) => {
    const id = describe(mutant);
    const number = (counts.get(id) ?? 0) + 1;
    counts.set(id, number);
    return number === 1
      ? mutant
      : { ...mutant, edit: `${mutant.edit} (no. ${number})` };
  });
}

function cut(code: string): string {
  return code.length <= MAX_SHOWN ? code : `${code.slice(0, MAX_SHOWN)}…`;
}

/** FNV-1a with 32 bits. The last steps mix the bits of short texts. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  value = Math.imul(value ^ value >>> 16, 0x85ebca6b);
  return (value ^ value >>> 13) >>> 0;
}
