import { fromHex, toHex, wipe } from '../../../protocol/bytes.ts';
import { deriveOprfKey } from '../../../protocol/keys.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { RequestRefusedError } from '../../errors.ts';
import type { Method } from './table.ts';

/**
 * Evaluates a new PIN under a version never evaluated for before, which is on the disk as used before the
 * answer leaves; once a session (PROTOCOL 2.6).
 */
export const oprfEvaluate: Method<'oprf.evaluate'> = async (hub, session, params) => {
  if (session.hasEvaluated) {
    throw new RequestRefusedError('not-allowed', 'one new PIN a session: log in again for another');
  }
  const blinded = fromHex(params.blinded);
  if (!hub.primitives.isElement(blinded))
    throw new RequestRefusedError('params-invalid', 'blinded is no element');
  session.hasEvaluated = true;
  const offer = await hub.store.pins.offer(session.pinSession);
  switch (offer.outcome) {
    case 'conflict':
      throw new RequestRefusedError('conflict', "the card's PIN was changed elsewhere: log in again");
    case 'exhausted':
      throw new RequestRefusedError('conflict', 'the card has used up its PIN numbers: it must be replaced');
    case 'offered': {
      const key = deriveOprfKey(hub.primitives, offer.oprfSeed, offer.pinVersion);
      const evaluated = evaluate(hub.primitives, key, blinded);
      wipe(key, offer.oprfSeed);
      return { pinVersion: offer.pinVersion, evaluated: toHex(evaluated) };
    }
  }
};
