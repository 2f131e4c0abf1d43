import { openWithPin } from '../../../protocol/card-secrets.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { HubLogin } from '../../../protocol/login/hub.ts';
import { evaluate } from '../../../protocol/oprf.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attemptLater, doesNotApply, judge } from '../lab.ts';
import { SPACE } from '../offline/guessing.ts';
import { attemptOf, CardeaNetwork } from '../worlds/cardea.ts';

/**
 * Somebody comes near a patient's tag, writes the pin of an authority of their own onto it, and runs a hub under
 * that authority. The patient types the PIN at a terminal that has joined no network. Success: the terminal ends
 * in a session with the rogue, or the rogue can tell the PIN from what came.
 */
export const rewrittenCard: Attack = {
  id: 'rewritten-card',
  title: 'A tag that was rewritten to trust a rogue hub gives the PIN to it',

  'limbasiya-2021'() {
    return doesNotApply('the card pins no authority; its values open with identity and password alone');
  },

  async 'cardea-1'() {
    const [network, rogue] = [await CardeaNetwork.open(), await CardeaNetwork.open(['goa-01'])];
    const pin = '482913';
    const patient = await network.register(pin);
    const card = { ...patient.card, caPin: rogue.authority.caPin };
    const hub = rogue.hub(0);
    const hello = hub.hello();
    const hubStatic = hub.keyPair;
    const device = new DeviceLogin(fast, {
      hello,
      hubId: hub.id,
      hubStatic: hubStatic.publicKey,
      random: systemRandom,
    });
    const typed = attemptOf(pin);
    const { uid, pinVersion } = card;
    const login = device.login({ uid, pinVersion, blinded: typed.blinded });
    const posing = new HubLogin(fast, { hello, hubStatic, random: systemRandom });
    const { blinded } = posing.readLogin(login);
    const key = systemRandom(32);
    key[31] = 0;
    const { evaluated } = device.readChallenge(
      posing.challenge({ attemptsLeft: 4, evaluated: evaluate(fast, key, blinded) }),
    );
    const opened = await attemptLater(() => openWithPin(fast, card, typed, evaluated));
    // What the rogue has is `blinded`: every PIN of the space blinds to something else each time.
    const told = SPACE.some((guess) => attemptOf(guess).blinded.every((byte, at) => byte === blinded[at]));
    return judge(opened !== undefined || told, {
      breaks: 'the rogue got the PIN, or a session',
      holds:
        'a blinded PIN tells nothing, and pinBox is sealed over the pin of the true authority: “wrong PIN”',
    });
  },
};
