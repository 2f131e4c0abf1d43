import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CardeaError } from '../runtime/errors.ts';
import { makeSecretFolder } from '../runtime/files.ts';
import type { Address } from '../runtime/network.ts';
import { takeOwnership } from '../runtime/ownership.ts';
import { rcPaths, writeNetworkFile } from './folder.ts';

/** The folder holds something already, and nothing in it was touched. */
export class AlreadySetUpError extends CardeaError {
  readonly code = 'already-set-up';
}

/** Where everything is made before it is moved to its place. */
const WORKSHOP = /^(?:init|restore)-under-way$/;
/** What may lie in the folder before: ownership's files, settings, and what was cut short. */
const HARMLESS = /^(?:owner\..*|settings\.json|(?:init|restore)-under-way|\.network\.json\..*\.tmp)$/;

/**
 * Makes the folder of a registration centre, which must be empty: in a folder within, then moved to its place, and
 * last comes network.json, without which nothing serves the folder. What was cut short is begun anew by the next.
 *
 * @param make fills `workshop` with what `rcPaths` names, network.json apart; settings.json may be there
 * @throws AlreadySetUpError, FolderInUseError, FileError, and what `make` throws
 */
export async function makeRcFolder<Result>(
  folder: string,
  what: 'init' | 'restore',
  make: (workshop: string) => Promise<{ readonly address: Address; readonly result: Result }>,
): Promise<Result> {
  const ownership = takeOwnership(folder, `cardea-rc ${what}`);
  const workshop = join(folder, `${what}-under-way`);
  try {
    await clearUnfinished(folder);
    await makeSecretFolder(workshop);
    const { address, result } = await make(workshop);
    const [made, place] = [rcPaths(workshop), rcPaths(folder)];
    await rename(made.keys, place.keys);
    await rename(made.operator, place.operator);
    await rename(made.store, place.store);
    await moveIfThere(join(workshop, 'settings.json'), join(folder, 'settings.json'));
    await writeNetworkFile(folder, { kind: 'registration-centre', address });
    await rm(workshop, { recursive: true });
    return result;
  } finally {
    ownership.release();
  }
}

/** Removes what was begun and never ended. @throws AlreadySetUpError when there is anything else */
async function clearUnfinished(folder: string): Promise<void> {
  const names = await readdir(folder);
  const unfinished = names.filter((name) => WORKSHOP.test(name));
  const isUnfinished = unfinished.length > 0 && !names.includes('network.json');
  const leftovers = isUnfinished ? ['keys', 'operator', 'store.sqlite'] : [];
  const foreign = names.filter((name) => !HARMLESS.test(name) && !leftovers.includes(name));
  if (foreign.length > 0) {
    throw new AlreadySetUpError(
      `${folder} is not empty (${foreign.slice(0, 3).join(', ')}) and is not overwritten: choose another folder with --data`,
    );
  }
  for (const name of [...leftovers, ...unfinished]) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Settings that are there already are the new machine's own. */
async function moveIfThere(from: string, to: string): Promise<void> {
  const isThere = async (path: string) =>
    stat(path).then(
      () => true,
      () => false,
    );
  if ((await isThere(from)) && !(await isThere(to))) await rename(from, to);
}
