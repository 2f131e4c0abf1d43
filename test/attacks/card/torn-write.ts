import { type CardImage, encodeCardImage } from '../../../protocol/card-image.ts';
import { currentImage, nextImage, type Slots } from '../../../protocol/card-slots.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge, type Verdict } from '../lab.ts';
import { CardeaNetwork } from '../worlds/cardea.ts';
import { PublishedNetwork } from '../worlds/published.ts';

const SLOT = 420;
const PAGE = 4;

/**
 * Somebody takes the card away while it is written, at every page in turn, and the page that is being written
 * holds old, new, zero or mixed bytes. Success: the card holds neither its old image nor the new one.
 */
export const tornWrite: Attack = {
  id: 'torn-write',
  title: 'A card that is taken away while it is written is spoiled',

  'limbasiya-2021'() {
    const network = new PublishedNetwork(['goa-01']);
    return tearEverywhere(network.register('maria', 'monsoon').card);
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    return tearEverywhere((await network.register('482913')).card);
  },
};

function tearEverywhere(image: CardImage): Verdict {
  const padded = (bytes: Uint8Array) => {
    const slot = new Uint8Array(SLOT);
    slot.set(bytes);
    return slot;
  };
  // The other slot still holds the image before this one, as after a write whose last step was lost.
  const old = padded(encodeCardImage(fast, { ...image, sequence: 8 }));
  const before = padded(encodeCardImage(fast, { ...image, sequence: 7 }));
  const slots: Slots = [old, before];
  const { slot, sequence } = nextImage(currentImage(fast, slots));
  control(slot === 1, 'a write goes to the slot that is not current');
  const next = padded(encodeCardImage(fast, { ...image, sequence }));
  let torn = 0;
  let spoiled = 0;
  for (let page = 0; page < SLOT; page += PAGE) {
    for (const fill of [undefined, () => 0, (at: number) => (next[at] ?? 0) & (before[at] ?? 0)]) {
      const half = Uint8Array.from(next, (byte, at) => (at < page ? byte : (before[at] ?? 0)));
      if (fill !== undefined) for (let at = page; at < page + PAGE; at++) half[at] = fill(at);
      torn++;
      const read = attempt(() => currentImage(fast, [old, half]));
      if (read === undefined || ![8, sequence].includes(read.image.sequence)) spoiled++;
    }
  }
  return judge(spoiled > 0, {
    breaks: `${spoiled} of ${torn} torn writes left a card of no use`,
    holds: `after each of ${torn} torn writes the card held its old image or the new one`,
  });
}
