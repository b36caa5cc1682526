/**
 * Bounded concurrency.
 *
 * @module
 */

/**
 * Converts items with a function that returns promises. At most `limit` of the
 * promises are pending at the same time. If one rejects, no further item is
 * converted.
 *
 * @typeParam T An item.
 * @typeParam R Result of the conversion.
 * @param items The items.
 * @param limit Largest number of pending promises.
 * @param convert Converts an item.
 * @returns The results, in the order of the items.
 */
export async function mapConcurrently<T, R>(
  items: readonly T[],
  limit: number,
  convert: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  // The workers share one iterator. Therefore each item is converted once.
  const queue = items.entries();
  let hasFailed = false;
  const work = async () => {
    for (const [index, item] of queue) {
      if (hasFailed) return;
      try {
        results[index] = await convert(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  const workers = Math.min(limit, items.length);
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}
