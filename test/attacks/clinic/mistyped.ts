import { openCard, WrongCredentialsError } from '../../../protocol/limbasiya/card.ts';
import { parseCredentials } from '../../../protocol/limbasiya/credentials.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, control, judge } from '../lab.ts';
import { inClinic, isServed, isWrongGuess, PIN } from '../worlds/clinic.ts';
import { PublishedNetwork } from '../worlds/published.ts';

/**
 * Nobody means harm: a patient mistypes once. Success (of mischance): they are told something else, or only later,
 * or cannot simply type it again.
 */
export const mistypedSecret: Attack = {
  id: 'mistyped-secret',
  title: 'Who mistypes is not told so at once',

  'limbasiya-2021'() {
    const { card } = new PublishedNetwork().register('maria', 'monsoon');
    let told = false;
    try {
      openCard(fast, card, parseCredentials('maria', 'mosnoon'));
    } catch (error) {
      told = error instanceof WrongCredentialsError;
    }
    control(
      openCard(fast, card, parseCredentials('maria', 'monsoon')).hubs.length > 0,
      'the right one opens it',
    );
    return judge(!told, {
      breaks: 'the patient was not told',
      holds: 'E on the card tells, before any hub is called',
    });
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ tap }) => {
      const told = isWrongGuess(await tap('goa-01', '482931'));
      return judge(!told || !isServed(await tap('goa-01', PIN)), {
        breaks: 'the patient was not told, or not let in afterwards',
        holds: 'the terminal tells as soon as the box does not open, with the tries that are left',
      });
    }),
};
