import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { inClinic, isServed, PIN } from '../worlds/clinic.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * A thief has card and PIN, and has cut a hub off from the registration centre before the card was revoked.
 * Success: that hub serves them.
 */
export const withheldRevocation: Attack = {
  id: 'withheld-revocation',
  title: 'A hub that is cut off serves a revoked card',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const hub = network.hub(0);
    // Revoked is who is no longer on the list; this hub has not asked for a new one.
    const login = makeLogin(fast, openedCard(patient).own, hub, T0);
    return judge(attempt(() => hub.answer(login, T0)) !== undefined, {
      breaks: 'revoked or not, the old list accepts, for as long as no new one is asked for',
      holds: 'the hub refused',
    });
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ site, tap }) => {
      const address = await site.stopHub('goa-01');
      const [card] = (await site.operator.cards()).cards;
      if (card === undefined) throw new Error('no card is registered');
      await site.operator.revokeCard(card.uid, 'stolen');
      await site.stopRc();
      await site.startHub('goa-01', address);
      const cutOff = isServed(await tap('goa-01', PIN));
      await site.startRc();
      await site.hubsCaughtUp();
      control(!isServed(await tap('goa-01', PIN)), 'a hub that has heard refuses');
      return judge(cutOff, {
        breaks: 'it serves until its list is seven days old, then nobody',
        holds: 'the hub refused',
      });
    }),
};
