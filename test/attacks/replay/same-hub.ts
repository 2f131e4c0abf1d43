import { DELTA_T } from '../../../protocol/limbasiya/clock.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { logIn, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody recorded a login and sends its first message to the same hub again, at once. Success: the hub takes
 * them for the patient once more, as the scheme authenticates patients by that message. (Over our plumbing a
 * PROOF is due besides, which `limbasiya-2021` as published does not have.)
 */
export const replayAtSameHub: Attack = {
  id: 'replay-same-hub',
  title: 'A recorded login is accepted again by the same hub',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { recorded } = logIn(network.register('maria', 'monsoon'), network.hub(0));
    const again = attempt(() => network.hub(0).answer(recorded.login, T0 + DELTA_T));
    const late = attempt(() => network.hub(0).answer(recorded.login, T0 + DELTA_T + 1));
    control(late === undefined, 'after ΔT the hub refuses');
    return judge(again !== undefined, {
      breaks: `within ΔT (${DELTA_T} ms) β is as good as when it was new, and no hub remembers it`,
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const hub = network.hub(0);
    const { recorded } = await cardea.logIn(await network.register('482913'), hub);
    control(
      attempt(() => hub.answer(recorded.hello, recorded.login)) !== undefined,
      'under its own HELLO it is read',
    );
    return judge(attempt(() => hub.answer(hub.hello(), recorded.login)) !== undefined, {
      breaks: 'the hub answered under a new HELLO',
      holds:
        'the LOGIN is sealed under the nonce of the HELLO that it answers; the next connection has another',
    });
  },
};
