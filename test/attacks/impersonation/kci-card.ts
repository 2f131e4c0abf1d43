import { makeChallenge, makeLogin, readChallenge, readLogin } from '../../../protocol/limbasiya/service.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { HubLogin } from '../../../protocol/login/hub.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork } from '../worlds/cardea.ts';
import { openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Key-compromise impersonation of a hub: somebody knows everything that a patient's opened card knows, and
 * answers that patient's terminal on the public channel. Success: the terminal takes them for a hub.
 */
export const hubToLeakedCard: Attack = {
  id: 'kci-hub',
  title: 'Who knows a card’s secrets can pass for a hub to that card',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const { own, hubs } = openedCard(patient);
    const [hub] = hubs;
    if (hub === undefined) throw new Error('the list on the card is empty');
    const login = makeLogin(fast, own, hub, T0);
    const { UID, T2 } = readLogin(fast, hub, login, T0);
    const { challenge } = makeChallenge(fast, hub, { UID, C: own.C }, login, { T2, VT: 600 });
    return judge(attempt(() => readChallenge(fast, own, hub.ID, login, challenge, T0)) !== undefined, {
      breaks: 'C and SSK, both on the card, are all that a hub proves itself with',
      holds: 'the terminal refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const hello = hub.hello();
    const device = new DeviceLogin(fast, {
      hello,
      hubId: hub.id,
      hubStatic: hub.keyPair.publicKey,
      random: systemRandom,
    });
    const { uid, pinVersion } = patient.card;
    const login = device.login({ uid, pinVersion, blinded: attemptOf('482913').blinded });
    // The adversary holds all of the card's keys, and needs the hub's: they try with one of their own.
    const privateKey = systemRandom(32);
    const keyPair = { privateKey, publicKey: fast.x25519Public(privateKey) };
    const posing = new HubLogin(fast, { hello, hubStatic: keyPair, random: systemRandom });
    return judge(attempt(() => posing.readLogin(login)) !== undefined, {
      breaks: 'the LOGIN opened without the hub’s key',
      holds: 'the first message is sealed to the hub’s certified key, and no secret of the card opens it',
    });
  },
};
