import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

const DAY = 86_400_000;

/**
 * Somebody sets a terminal’s clock ahead for one tap, which fails, records its first message, and sends that when
 * the time has come. They never had card or password. Success: the hub takes them for the patient then.
 */
export const replayDatedAhead: Attack = {
  id: 'replay-dated-ahead',
  title: 'A login dated in the future is accepted when that future comes',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { own } = openedCard(network.register('maria', 'monsoon'));
    const hub = network.hub(0);
    const dated = makeLogin(fast, own, hub, T0 + DAY);
    control(
      attempt(() => hub.answer(dated, T0)) === undefined,
      'today the hub refuses: the check is two-sided',
    );
    return judge(attempt(() => hub.answer(dated, T0 + DAY)) !== undefined, {
      breaks: 'a day later the message is fresh, and nothing in it comes from the hub',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const hub = network.hub(0);
    const { recorded } = await cardea.logIn(await network.register('482913'), hub);
    return judge(attempt(() => hub.answer(hub.hello(), recorded.login)) !== undefined, {
      breaks: 'a message made before was accepted',
      holds: 'no message carries a time: each answers a nonce that the hub draws when it is called',
    });
  },
};
