import { decodeCardImage, encodeCardImage } from '../../../protocol/card-image.ts';
import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody has a copy of the card and saw what its holder typed. Success: they log in as that patient.
 */
export const copiedCardAndPin: Attack = {
  id: 'copied-card-and-pin',
  title: 'A copy of the card and its PIN log in',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const copy = decodeCardImage(fast, encodeCardImage(fast, patient.card));
    if (copy.suite === 2) throw new Error('a card of the published scheme is wanted');
    const { own } = openedCard({ ...patient, card: copy });
    const hub = network.hub(0);
    return judge(attempt(() => hub.answer(makeLogin(fast, own, hub, T0), T0)) !== undefined, {
      breaks: 'a memory card is what it holds',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const copy = decodeCardImage(fast, encodeCardImage(fast, patient.card));
    if (copy.suite === 1) throw new Error('a card of cardea-1 is wanted');
    const { atHub } = await cardea.logIn({ ...patient, card: copy }, network.hub(0));
    return judge(atHub.fingerprint !== '', {
      breaks: 'a memory tag is what it holds; until the PIN is changed the copy is as good as the card',
      holds: 'the hub refused',
    });
  },
};
