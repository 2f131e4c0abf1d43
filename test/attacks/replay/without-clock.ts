import { ClockError } from '../../../protocol/limbasiya/clock.ts';
import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody keeps a terminal from its time server, or it is a Pi that wakes without a clock: it is an hour slow.
 * Success: a patient with the right card and secret is not let in.
 */
export const terminalWithoutClock: Attack = {
  id: 'terminal-without-clock',
  title: 'A terminal whose clock is wrong shuts patients out',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { own } = openedCard(network.register('maria', 'monsoon'));
    const slow = makeLogin(fast, own, network.hub(0), T0 - 3_600_000);
    let refused = false;
    try {
      network.hub(0).answer(slow, T0);
    } catch (error) {
      if (!(error instanceof ClockError)) throw error;
      refused = true;
    }
    return judge(refused, {
      breaks: 'T1 is out of ΔT: refused before β is looked at',
      holds: 'the patient was let in',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const { atDevice, atHub } = await cardea.logIn(await network.register('482913'), network.hub(0));
    return judge(atDevice.fingerprint !== atHub.fingerprint, {
      breaks: 'the patient was not let in',
      holds:
        'a login has no time in it; a certificate’s dates are read against no earlier time than was seen before',
    });
  },
};
