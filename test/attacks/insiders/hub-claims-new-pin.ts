import { deriveUsk } from '../../../protocol/keys.ts';
import { isPinChangeProof, pinChangeProof } from '../../../protocol/pin-change.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { CardeaNetwork } from '../worlds/cardea.ts';

/**
 * A malicious hub, with all that a hub holds, reports a new PIN for a card, with a key of its own. Success: the
 * registration centre believes it, and tells every hub.
 */
export const hubClaimsNewPin: Attack = {
  id: 'hub-claims-new-pin',
  title: 'A hub makes the registration centre believe in a new PIN',

  'limbasiya-2021'() {
    return doesNotApply('nobody but the card hears of a new password');
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const { uid, psk, oprfSeed, subject, cs } = network.hub(0).row(patient);
    const usk = deriveUsk(fast, network.K_RC, uid);
    const own = fast.x25519Public(systemRandom(32));
    control(
      isPinChangeProof(fast, usk, 2, own, pinChangeProof(fast, usk, 2, own)),
      'the card’s own proof is believed',
    );
    // What the hub has in usk's place; and the proof of another change, for its own key.
    const claims = [psk, oprfSeed, subject, new Uint8Array(32)].map((secret) =>
      pinChangeProof(fast, secret, 2, own),
    );
    claims.push(pinChangeProof(fast, usk, 2, cs), pinChangeProof(fast, usk, 3, own));
    return judge(
      claims.some((proof) => isPinChangeProof(fast, usk, 2, own, proof)),
      {
        breaks: 'a proof was believed',
        holds: 'a proof takes usk, which no hub holds, and is bound to version and key',
      },
    );
  },
};
