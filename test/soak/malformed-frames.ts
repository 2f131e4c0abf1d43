import { connect } from 'node:net';
import { GARBAGE } from '../support/garbage.ts';
import { type Memory, MemoryLooks } from './memory-looks.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Strangers who send at once; a hub takes more from one address. */
const SENDERS = 64;
/** Their addresses on the loopback: as many connections a minute as ports last for, from each. */
const ADDRESSES = 16;

/** A hub that is sent frames, in a process of its own. */
export interface Target {
  readonly port: number;
  readonly pid: number;
}

export interface Flooded extends Memory {
  readonly frames: number;
  readonly ms: number;
}

/**
 * Sends `count` malformed frames, each of a random kind and on a connection of its own, since a hub ends it with the
 * first; or as many as there are until `isOver`.
 * @throws Error when a connection is not closed by the hub, or the hub is gone
 */
export async function floodWithMalformed(
  target: Target,
  {
    count,
    random,
    isOver,
  }: { readonly count: number; readonly random: SeededRandom; readonly isOver: () => boolean },
): Promise<Flooded> {
  const bytes = (length: number) => Uint8Array.from({ length }, () => random.between(0, 255));
  const kinds = Object.values(GARBAGE);
  const began = performance.now();
  let begun = 0;
  const looks = await MemoryLooks.begin(target.pid, count);
  const sender = async (number: number) => {
    while (begun < count && !isOver()) {
      const frame = begun;
      begun += 1;
      await send(target.port, `127.0.1.${1 + (number % ADDRESSES)}`, random.oneOf(kinds)(bytes));
      await looks.sent(frame);
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, (_, number) => sender(number)));
  return { frames: begun, ms: performance.now() - began, ...looks.memory };
}

/** Resolves once the hub has closed; what it says is read and thrown away. */
function send(port: number, localAddress: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    let refused: Error | undefined;
    socket.once('connect', () => socket.end(bytes));
    socket.on('error', (cause: NodeJS.ErrnoException) => {
      // The hub may cut off what it does not read to the end.
      if (cause.code !== 'ECONNRESET' && cause.code !== 'EPIPE') refused = cause;
    });
    socket.resume();
    socket.once('close', () => (refused === undefined ? resolve() : reject(refused)));
  });
}
