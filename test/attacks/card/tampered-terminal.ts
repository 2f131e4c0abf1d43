import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * A terminal has been tampered with: it keeps what it reads and what is typed, and passes all of it on. One patient
 * has used it once. Success: without card and patient, the adversary logs in at another hub later.
 */
export const tamperedTerminal: Attack = {
  id: 'tampered-terminal',
  title: 'A tampered terminal can log in as the patients who used it',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const kept = openedCard(network.register('maria', 'monsoon')).own;
    const hub = network.hub(1);
    const later = T0 + 86_400_000;
    return judge(attempt(() => hub.answer(makeLogin(fast, kept, hub, later), later)) !== undefined, {
      breaks: 'it saw UID and C, which are good for ever and everywhere',
      holds: 'the other hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const kept = await network.register('482913');
    await cardea.logIn(kept, network.hub(0));
    const { atDevice, atHub } = await cardea.logIn(kept, network.hub(1));
    return judge(atDevice.fingerprint === atHub.fingerprint, {
      breaks:
        'it saw the image and the PIN; that ends when the PIN is changed elsewhere, or the card replaced',
      holds: 'the other hub refused',
    });
  },
};
