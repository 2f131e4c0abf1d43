import { openCard } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { SECRET } from '../offline/guessing.ts';
import { inClinic, isServed, isWrongGuess, PIN } from '../worlds/clinic.ts';
import { PublishedNetwork } from '../worlds/published.ts';

const TRIES = 8;

/**
 * A thief has the card and goes on typing PINs at a terminal of one hub. Success: more than five guesses are
 * answered between two right logins.
 */
export const onlineGuessing: Attack = {
  id: 'online-guessing',
  title: 'With a stolen card, PINs can be tried at a terminal for as long as one likes',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', SECRET);
    const wrong = Array.from({ length: TRIES }, (_, n) => parseCredentials('maria', `wrong ${n}`));
    const answered = wrong.filter((guess) => attempt(() => openCard(fast, card, guess)) === undefined).length;
    const still = attempt(() => openCard(fast, card, parseCredentials('maria', SECRET))) !== undefined;
    return judge(answered === TRIES && still, {
      breaks: `${TRIES} wrong guesses were answered by the card itself; no hub is asked, nobody counts`,
      holds: 'the card stopped answering',
    });
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ tap }) => {
      control(isServed(await tap('goa-01', PIN)), 'the patient is served');
      let answered = 0;
      for (let n = 0; n < TRIES; n++) if (isWrongGuess(await tap('goa-01', `10293${n}`))) answered++;
      const right = await tap('goa-01', PIN);
      return judge(answered > 5 || isServed(right), {
        breaks: `${answered} wrong guesses were answered`,
        holds: `${answered} wrong guesses were answered, then the card was locked, for the right PIN too`,
      });
    }),
};
