import { encodeCardImage } from '../../../protocol/card-image.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import { CardeaNetwork } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';

const HUBS = Array.from({ length: 16 }, (_, n) => `clinic-${String(n).padStart(2, '0')}`);
/** The larger slot of an NTAG216, the largest tag there is (PROTOCOL 2.2). */
const LARGEST_SLOT = 420;

/**
 * Nobody means harm: the network has grown to sixteen hubs. Success: a card that is good at all of them no longer
 * fits on the largest tag.
 */
export const listGrowth: Attack = {
  id: 'list-growth',
  title: 'A network of sixteen hubs no longer fits on a card',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork(HUBS).register('maria', 'monsoon');
    const { length } = encodeCardImage(fast, card);
    return judge(length > LARGEST_SLOT, {
      breaks: `the image has ${length} bytes, and the largest tag has ${LARGEST_SLOT} for it`,
      holds: `the image has ${length} bytes`,
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open(HUBS);
    const { length } = encodeCardImage(fast, (await network.register('482913')).card);
    return judge(length > LARGEST_SLOT, {
      breaks: `the image has ${length} bytes`,
      holds: `the image has ${length} bytes for any number of hubs`,
    });
  },
};
