import { type Attack, doesNotApply, judge } from '../lab.ts';
import { inClinic, isWrongGuess } from '../worlds/clinic.ts';

const HUBS = ['goa-01', 'pune-02', 'delhi-03', 'agra-04'] as const;
/** More than five at each of the hubs. */
const TRIES = 24;
/** PROTOCOL 2.7: the sum at which the registration centre locks. */
const BOUND = 10;

/**
 * A thief has the card and goes from hub to hub, one PIN at each, so that no hub sees five. All hubs reach the
 * registration centre. Success: more guesses are answered than the ten that PROTOCOL 2.7 owns to.
 */
export const onlineGuessingAcrossHubs: Attack = {
  id: 'online-across-hubs',
  title: 'Going from hub to hub gives more tries than one hub allows in sum',

  'limbasiya-2021'() {
    return doesNotApply('no hub counts anything: see guessing at one terminal');
  },

  'cardea-1': () =>
    inClinic(HUBS, async ({ tap }) => {
      let answered = 0;
      for (let n = 0; n < TRIES; n++) {
        const hub = HUBS[n % HUBS.length] ?? HUBS[0];
        if (isWrongGuess(await tap(hub, `102${String(n + 100)}`))) answered++;
      }
      return judge(answered > BOUND, {
        breaks: `${answered} wrong guesses were answered`,
        holds: `${answered} wrong guesses were answered at ${HUBS.length} hubs, then the card was locked everywhere`,
      });
    }),
};
