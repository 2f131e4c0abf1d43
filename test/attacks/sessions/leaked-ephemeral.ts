import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { LeakingRandom, openRecorded } from '../worlds/listener.ts';

/**
 * Somebody records a login and learns the ephemeral keys of both ends of it (a broken random generator, a core
 * dump), and no long-term secret. Success: they have the key of the session.
 */
export const leakedEphemerals: Attack = {
  id: 'leaked-ephemerals',
  title: 'The ephemeral keys of a login alone open its session',

  'limbasiya-2021'() {
    return doesNotApply('the scheme has no ephemeral keys: see the session keys that never change');
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const [device, atHub] = [new LeakingRandom(systemRandom), new LeakingRandom(systemRandom)];
    const { recorded } = await cardea.logIn(patient, hub, {
      deviceRandom: device.random,
      hubRandom: atHub.random,
    });
    const privateKeys = [...device.drawn, ...atHub.drawn].filter(({ length }) => length === 32);
    control(privateKeys.length >= 2, 'both ephemeral keys were seen');
    const opened = openRecorded(recorded, {
      privateKeys,
      publicKeys: privateKeys.map((key) => fast.x25519Public(key)),
      psks: [new Uint8Array(32)],
      hubStatic: hub.keyPair.publicKey,
    });
    control(opened.cardStatic !== undefined, 'the messages before the proof open, as they must');
    return judge(opened.welcome !== undefined, {
      breaks: 'the session opened',
      holds: 'who logs in is seen; the session still hangs on psk, which both ends hold and never send',
    });
  },
};
