import { toHex } from '../../../protocol/bytes.ts';
import { type Attack, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * Insiders of two hubs lay their tables of cards side by side. Success: they know which of their patients are the
 * same person.
 */
export const hubsLinkPatientsByCards: Attack = {
  id: 'hubs-link-by-cards',
  title: 'Two hubs that share their tables of cards know their common patients',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const [one, two] = [network.hub(0).cards, network.hub(1).cards];
    return judge(
      [...one.keys()].some((uid) => two.has(uid)),
      {
        breaks: 'UID is one name at every hub',
        holds: 'no value is common to both',
      },
    );
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const [one, two] = [network.hub(0).row(patient), network.hub(1).row(patient)];
    return judge(toHex(one.uid) === toHex(two.uid), {
      breaks: 'the UID of the card stands in both tables: a hub has to find the card by something',
      holds: 'no value is common to both',
    });
  },
};
