import { equalConstantTime, u32, utf8 } from '../../../protocol/bytes.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { h } from '../../../protocol/limbasiya/hash.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openRecorded } from '../worlds/listener.ts';
import { logIn, openedCard, PublishedNetwork } from '../worlds/published.ts';

/**
 * Somebody records a login, and long after it gets every long-term secret there is: the card opened, the hub's
 * key and database, the master key. Success: they have the key of the recorded session.
 */
export const forwardSecrecy: Attack = {
  id: 'forward-secrecy',
  title: 'Recorded sessions open when all keys leak later',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const hub = network.hub(0);
    const { atHub } = logIn(patient, hub);
    const { UID, C } = openedCard(patient).own;
    const computed = h(fast, UID, utf8(hub.ID), C, utf8(hub.Loc), u32(atHub.VT));
    return judge(equalConstantTime(computed, atHub.SK), {
      breaks: 'C and UID are enough for every session there ever was',
      holds: 'the key is another one',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const { recorded } = await cardea.logIn(patient, hub);
    const row = hub.row(patient);
    const typed = cardea.attemptOf(patient.pin);
    const evaluated = cardea.evaluationOf(row, 1, typed.blinded);
    const { cardKey } = await openWithPin(fast, patient.card, typed, evaluated);
    const opened = openRecorded(recorded, {
      privateKeys: [hub.keyPair.privateKey, cardKey.privateKey],
      publicKeys: [row.cs],
      psks: [row.psk],
      hubStatic: hub.keyPair.publicKey,
    });
    control(opened.login !== undefined, "the hub's key opens the first message, as Noise says");
    return judge(opened.welcome !== undefined, {
      breaks: 'the session opened',
      holds: 'the hub’s key shows who logged in; the session hangs on two ephemeral keys that are gone',
    });
  },
};
