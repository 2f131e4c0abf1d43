import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * A registrar whose console keeps what it sees while it registers a card: the image that it writes, and what the
 * patient types. Success: without the card, they log in as that patient.
 */
export const operatorKeepsCard: Attack = {
  id: 'operator-keeps-card',
  title: 'A console that keeps what it sees can log in as the patients it registered',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { own } = openedCard(network.register('maria', 'monsoon'));
    const hub = network.hub(0);
    return judge(attempt(() => hub.answer(makeLogin(fast, own, hub, T0), T0)) !== undefined, {
      breaks: 'it has everything that is on the card, and the password',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const kept = await network.register('482913');
    const { atDevice, atHub } = await cardea.logIn(kept, network.hub(0));
    return judge(atDevice.fingerprint === atHub.fingerprint, {
      breaks: 'it has the image and the PIN, until the patient changes that at a terminal',
      holds: 'the hub refused',
    });
  },
};
