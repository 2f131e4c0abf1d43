import { toHex } from '../../../protocol/bytes.ts';
import { type Attack, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * Insiders of two hubs, or thieves of their records, exports and backups of records, lay those side by side, without
 * the tables of cards. Success: they know which of the patients are the same person.
 */
export const hubsLinkPatientsByRecords: Attack = {
  id: 'hubs-link-by-records',
  title: "Two hubs' records name the same patient alike",

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const names = [network.hub(0), network.hub(1)].map(({ firstCard }) => toHex(firstCard.UID));
    return judge(names[0] === names[1], {
      breaks:
        'the scheme has one name for a patient, UID, everywhere (our records use another, see cardea-1)',
      holds: 'the names differ',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const names = [network.hub(0), network.hub(1)].map((hub) => toHex(hub.row(patient).subject));
    return judge(names[0] === names[1], {
      breaks: 'both hubs know the patient by the same name',
      holds: 'records carry subject, which differs from hub to hub and tells nothing of the card',
    });
  },
};
