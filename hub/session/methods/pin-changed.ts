import { RequestRefusedError } from '../../errors.ts';
import type { Method } from './table.ts';

/** The card is written: takes the prepared PIN over and tells the RC, waiting a little for it (PROTOCOL 2.6). */
export const pinChanged: Method<'pin.changed'> = async (hub, session, { pinVersion }) => {
  const outcome = await hub.store.pins.change(session.pinSession, pinVersion);
  if (outcome === 'conflict') {
    throw new RequestRefusedError('conflict', 'this PIN version was not prepared here');
  }
  // A PIN that another session has set is no PIN of this one's: by saying its number, a thief in an older
  // session would otherwise go on to set the next.
  if (outcome === 'taken-over') session.tookOver(pinVersion);
  hub.reporter.wake();
  return { rc: await hub.questions.tellFirst() };
};
