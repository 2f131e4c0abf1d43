import { join } from 'node:path';
import { inject } from 'vitest';

/** What can be run: a program's main file without its ending. */
export type Program = 'rc/main' | 'hub/main' | 'device/main' | 'hardware/sim/main' | 'demo';

/** The compiled file of a program, for `node`. */
export function compiled(program: Program): string {
  return join(inject('compiled'), `${program}.js`);
}
