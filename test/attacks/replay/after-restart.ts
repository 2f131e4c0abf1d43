import { type Attack, attempt, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { logIn, PublishedHub, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody recorded a whole login, has the hub restarted (a power cut), and sends the same messages again.
 * Success: the hub opens a session, or takes them for the patient.
 */
export const replayAfterRestart: Attack = {
  id: 'replay-after-restart',
  title: 'A restarted hub accepts what it accepted before',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { recorded } = logIn(network.register('maria', 'monsoon'), network.hub(0));
    const restarted = new PublishedHub(network.hub(0));
    for (const [uid, C] of network.hub(0).cards) restarted.cards.set(uid, C);
    return judge(attempt(() => restarted.answer(recorded.login, T0 + 1000)) !== undefined, {
      breaks: 'within ΔT it accepts; even a list of what was seen would have been lost',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const hub = network.hub(0);
    const { recorded } = await cardea.logIn(await network.register('482913'), hub);
    // Worst case: the restarted hub draws the same nonce again. It still draws another ephemeral key.
    const { readProof } = hub.answer(recorded.hello, recorded.login);
    const session = attempt(() => readProof(recorded.proof));
    control(
      attempt(() => hub.answer(recorded.hello, recorded.login)) !== undefined,
      'the old LOGIN is read again',
    );
    return judge(session !== undefined, {
      breaks: 'the old PROOF opened a new session',
      holds: 'even under a repeated nonce the PROOF answers an ephemeral key of the hub that is gone',
    });
  },
};
