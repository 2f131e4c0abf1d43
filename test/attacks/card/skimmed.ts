import { copyFile } from 'node:fs/promises';
import { decodeCardImage, encodeCardImage } from '../../../protocol/card-image.ts';
import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { guess, SECRET, SPACE } from '../offline/guessing.ts';
import { inClinic, isServed, PIN } from '../worlds/clinic.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * Somebody read the card through a pocket and has a perfect copy of it, and knows whose it is; they do not know
 * the PIN. They have a whole day at a terminal. Success: they log in, or learn the secret.
 */
export const skimmedCard: Attack = {
  id: 'skimmed-card',
  title: 'A copy of the card is enough, without its PIN',

  async 'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', SECRET);
    const copy = decodeCardImage(fast, encodeCardImage(fast, card));
    if (copy.suite === 2) throw new Error('a card of the published scheme is wanted');
    const { found } = await guess(
      (password) => attempt(() => openCard(fast, copy, parseCredentials('maria', password))) !== undefined,
    );
    return judge(found === SECRET, {
      breaks: 'the copy tells its password as the card does, and nobody counts',
      holds: 'the copy told nothing',
    });
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ wallet, tap }) => {
      const copy = `${wallet}.copy`;
      await copyFile(wallet, copy);
      control(isServed(await tap('goa-01', PIN, copy)), 'it is a perfect copy');
      const guesses = SPACE.filter((pin) => pin !== PIN).slice(0, 10);
      const served: boolean[] = [];
      for (const pin of guesses) served.push(isServed(await tap('goa-01', pin, copy)));
      return judge(served.includes(true), {
        breaks: 'a guess was served',
        holds: 'tries of copy and card count together: five guesses of a million, then both are locked',
      });
    }),
};
