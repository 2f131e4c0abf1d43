import { makeLogin, readChallenge } from '../../../protocol/limbasiya/service.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody without any key sends a terminal its own messages back, or those of another login that runs at the
 * same time. Success: a terminal or a hub accepts one of them.
 */
export const reflectionAndInterleaving: Attack = {
  id: 'reflection-interleaving',
  title: 'Messages sent back, or mixed between two logins, are accepted',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { own } = openedCard(network.register('maria', 'monsoon'));
    const hub = network.hub(0);
    const [one, two] = [makeLogin(fast, own, hub, T0), makeLogin(fast, own, hub, T0 + 1)];
    const { challenge } = hub.answer(two, T0 + 1);
    const reflected = { gamma: one.alpha, sigma: one.beta, T2: one.T1 };
    const accepted = [reflected, challenge].some(
      (answer) => attempt(() => readChallenge(fast, own, hub.ID, one, answer, T0 + 1)) !== undefined,
    );
    return judge(accepted, {
      breaks: 'a terminal accepted an answer that was not for it',
      holds: 'γ is masked by β and σ holds T2 − T1: an answer fits its own question alone',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const { card } = await network.register('482913');
    const hub = network.hub(0);
    const begin = () => {
      const hello = hub.hello();
      const hubStatic = hub.keyPair.publicKey;
      const device = new DeviceLogin(fast, { hello, hubId: hub.id, hubStatic, random: systemRandom });
      const blinded = cardea.attemptOf('482913').blinded;
      const login = device.login({ uid: card.uid, pinVersion: card.pinVersion, blinded });
      return { hello, device, login };
    };
    const [one, two, three] = [begin(), begin(), begin()];
    const toTwo = hub.answer(two.hello, two.login).challenge;
    const mixed = attempt(() => one.device.readChallenge(toTwo));
    // A LOGIN sent back in place of a CHALLENGE: type and length differ as well.
    const reflected = attempt(() =>
      three.device.readChallenge(Uint8Array.of(0x03, ...three.login.subarray(1, 84))),
    );
    return judge(mixed !== undefined || reflected !== undefined, {
      breaks: 'a terminal accepted an answer that was not for it',
      holds: 'every message hangs on all before it in its own handshake, and the two directions have roles',
    });
  },
};
