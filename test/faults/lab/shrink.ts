/**
 * The shortest list that still fails, as far as it can be found by leaving parts out: halves first, then ever
 * smaller pieces, down to single items (Zeller, delta debugging).
 *
 * @param fails of a list in the same order with some items left out
 * @param isOver it is enough: what is the shortest by then is it
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
  isOver: () => boolean = () => false,
): Promise<readonly T[]> {
  let shortest = items;
  for (let size = Math.ceil(items.length / 2); size >= 1 && !isOver(); ) {
    const shorter = await withoutOnePiece(shortest, size, fails, isOver);
    if (shorter !== undefined) {
      shortest = shorter;
      size = Math.min(size, Math.ceil(shortest.length / 2));
    } else if (size === 1) {
      break;
    } else {
      size = Math.ceil(size / 2);
    }
  }
  return shortest;
}

/** The first list without one piece of `size` items that fails; what comes late is left out first. */
async function withoutOnePiece<T>(
  items: readonly T[],
  size: number,
  fails: (items: readonly T[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly T[] | undefined> {
  for (let end = items.length; end > 0; end -= size) {
    if (isOver()) return undefined;
    const rest = items.filter((_, index) => index >= end || index < end - size);
    if (rest.length < items.length && (await fails(rest))) return rest;
  }
  return undefined;
}

/** Puts simpler items in the place of single ones, as long as it still fails. @param simpler what may stand for an item */
export async function simplify<T>(
  items: readonly T[],
  simpler: (item: T) => readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
  isOver: () => boolean = () => false,
): Promise<readonly T[]> {
  let simplest = items;
  for (let index = 0; index < simplest.length; index++) {
    const item = simplest[index];
    if (item === undefined) break;
    for (const other of simpler(item)) {
      if (isOver()) return simplest;
      const tried = simplest.with(index, other);
      if (await fails(tried)) {
        simplest = tried;
        break;
      }
    }
  }
  return simplest;
}
