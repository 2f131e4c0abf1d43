import { RequestRefusedError } from '../../errors.ts';
import type { Method } from './table.ts';

/** The card is written: takes the prepared PIN over and tells the RC, waiting a little for it (PROTOCOL 2.6). */
export const pinChanged: Method<'pin.changed'> = async (hub, session, { pinVersion }) => {
  if ((await hub.store.pins.change(session.pinSession, pinVersion)) === 'conflict') {
    throw new RequestRefusedError('conflict', 'this PIN version was not prepared here');
  }
  session.tookOver(pinVersion);
  hub.reporter.wake();
  return { rc: await hub.questions.tellFirst() };
};
