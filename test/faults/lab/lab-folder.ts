import { accessSync, constants, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const IN_MEMORY = '/dev/shm';

/**
 * A new folder for a world: in memory where the system has such a place, since a disk's sync would be most of what
 * a run costs. What is killed here finds what was written, synced or not.
 */
export function makeLabFolder(): string {
  return mkdtempSync(join(hasMemoryDisk() ? IN_MEMORY : tmpdir(), 'cardea-lab-'));
}

function hasMemoryDisk(): boolean {
  try {
    accessSync(IN_MEMORY, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
