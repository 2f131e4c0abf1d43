import { fromHex } from '../../../protocol/bytes.ts';
import { RequestRefusedError } from '../../errors.ts';
import type { Method } from './table.ts';

/**
 * Keeps the new card key durably before the card is written, and has the RC told when it can be
 * (PROTOCOL 2.6). The hub cannot check the proof, since it does not hold `usk`: the RC does.
 */
export const pinPrepare: Method<'pin.prepare'> = async (hub, session, { pinVersion, cs, proof }) => {
  const pin = { pinVersion, cs: fromHex(cs), proof: fromHex(proof) };
  if ((await hub.store.pins.prepare(session.pinSession, pin)) === 'conflict') {
    throw new RequestRefusedError('conflict', 'this is not the PIN version that was evaluated for');
  }
  session.hasPrepared(pinVersion);
  hub.reporter.wake();
  return {};
};
