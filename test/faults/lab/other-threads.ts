import { webcrypto } from 'node:crypto';

const WEBCRYPTO = [
  'sign',
  'verify',
  'digest',
  'generateKey',
  'importKey',
  'exportKey',
  'deriveBits',
] as const;

/** What Node calls work on a file: reading, writing, syncing; and closing. */
const ON_FILES = /^(FSReq|CloseReq)/;

let underWay = 0;
let isWatching = false;

/**
 * Whether other threads are at work: on files, or at WebCrypto's. For the simulated clock, which lets no time pass
 * meanwhile: how long they take is no part of a run, so that it can be repeated.
 */
export function areOtherThreadsBusy(): boolean {
  return underWay > 0 || process.getActiveResourcesInfo().some((name) => ON_FILES.test(name));
}

/** Node counts WebCrypto's jobs nowhere, so from now on they are counted where they begin. */
export function watchWebcrypto(): void {
  if (isWatching) return;
  isWatching = true;
  const subtle: Record<string, unknown> = Object.getPrototypeOf(webcrypto.subtle);
  for (const name of WEBCRYPTO) {
    const original = subtle[name];
    if (typeof original !== 'function') throw new Error(`WebCrypto has no ${name}`);
    subtle[name] = async function counted(...words: unknown[]): Promise<unknown> {
      underWay += 1;
      try {
        return await original.apply(this, words);
      } finally {
        underWay -= 1;
      }
    };
  }
}
