import { type Attack, attempt, control, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { logIn, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody recorded a login at one hub and sends its first message to another. Success: that hub takes them for
 * the patient.
 */
export const replayAtOtherHub: Attack = {
  id: 'replay-other-hub',
  title: 'A recorded login is accepted by another hub',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { recorded } = logIn(network.register('maria', 'monsoon'), network.hub(0));
    control(
      attempt(() => network.hub(0).answer(recorded.login, T0)) !== undefined,
      'the login itself was good',
    );
    return judge(attempt(() => network.hub(1).answer(recorded.login, T0)) !== undefined, {
      breaks: 'the other hub accepted',
      holds: 'with another SSK α opens to nobody’s UID',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const { recorded } = await cardea.logIn(await network.register('482913'), network.hub(0));
    const other = network.hub(1);
    const accepted = [recorded.hello, other.hello()].some(
      (hello) => attempt(() => other.answer(hello, recorded.login)) !== undefined,
    );
    return judge(accepted, {
      breaks: 'the other hub accepted',
      holds: 'the LOGIN is sealed to the static key of the hub it was made for',
    });
  },
};
