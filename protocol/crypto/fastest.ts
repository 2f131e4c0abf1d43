import { toHex } from '../bytes.ts';
import { KNOWN_ANSWERS } from './known-answers.ts';
import { noble } from './noble.ts';
import { nodeCrypto } from './node-crypto.ts';
import type { Primitives } from './primitives.ts';
import { loadSodium } from './sodium.ts';

// The one place where a program chooses who computes for it: the machine's own where it can, noble where not.

let forClient: Promise<Primitives> | undefined;
let forServer: Promise<Primitives> | undefined;

/**
 * For a terminal, a console, a single command: node:crypto, and noble for the few multiplications of a tap.
 * libsodium would cost each start 65 ms and 12 MB.
 */
export function clientPrimitives(): Promise<Primitives> {
  forClient ??= preferring(nodeCrypto);
  return forClient;
}

/** For a hub or an RC, which evaluate for many: node:crypto and libsodium. */
export function serverPrimitives(): Promise<Primitives> {
  forServer ??= loadSodium(nodeCrypto).then(
    (sodium) => preferring({ ...nodeCrypto, ...sodium }),
    // No WebAssembly here.
    () => clientPrimitives(),
  );
  return forServer;
}

/**
 * `fast`, one function at a time: each is tried on a known answer, and where it throws or is wrong (an
 * OpenSSL without ChaCha20, for one), or is missing, noble's takes its place.
 */
export async function preferring(fast: Partial<Primitives>): Promise<Primitives> {
  const names = Object.keys(KNOWN_ANSWERS) as (keyof Primitives)[];
  const chosen = await Promise.all(names.map((name) => oneOf(name, fast)));
  return Object.assign({}, noble, ...chosen);
}

async function oneOf<Name extends keyof Primitives>(
  name: Name,
  fast: Partial<Primitives>,
): Promise<Partial<Primitives>> {
  const candidate = fast[name];
  if (candidate === undefined) return {};
  const { ask, answer } = KNOWN_ANSWERS[name];
  try {
    return toHex(await ask(candidate)) === answer ? { [name]: candidate } : {};
  } catch {
    return {};
  }
}
