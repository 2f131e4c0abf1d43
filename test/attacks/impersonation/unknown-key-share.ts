import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork } from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Somebody between the terminal and two hubs hands a login that is meant for one to the other. Success: the
 * other accepts it, so that both ends hold a session and are wrong about with whom.
 */
export const unknownKeyShare: Attack = {
  id: 'unknown-key-share',
  title: 'A login for one hub is accepted by another',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const { own } = openedCard(network.register('maria', 'monsoon'));
    const login = makeLogin(fast, own, network.hub(0), T0);
    control(attempt(() => network.hub(0).answer(login, T0)) !== undefined, 'the hub that is meant accepts');
    return judge(attempt(() => network.hub(1).answer(login, T0)) !== undefined, {
      breaks: 'the other hub accepted',
      holds: 'α and β hang on SSK of the hub that is meant',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const [meant, other] = [network.hub(0), network.hub(1)];
    const hello = meant.hello();
    const device = new DeviceLogin(fast, {
      hello,
      hubId: meant.id,
      hubStatic: meant.keyPair.publicKey,
      random: systemRandom,
    });
    const { uid, pinVersion } = patient.card;
    const login = device.login({ uid, pinVersion, blinded: attemptOf('482913').blinded });
    control(attempt(() => meant.answer(hello, login)) !== undefined, 'the hub that is meant accepts');
    // With the HELLO that the terminal saw, and with the other hub's own.
    const accepted = [hello, other.hello()].some(
      (seen) => attempt(() => other.answer(seen, login)) !== undefined,
    );
    return judge(accepted, {
      breaks: 'the other hub accepted',
      holds: 'the handshake hangs on the static key of the hub that is meant, and on its HELLO',
    });
  },
};
