import { derivePsk, deriveUsk } from '../../../protocol/keys.ts';
import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, isForgeryAccepted } from '../worlds/cardea.ts';
import { PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * An insider of the registration centre who reads everything there, the master key too, and changes nothing.
 * Success: a hub takes them for a patient whose card they never had.
 */
export const rcInsiderPassesForPatient: Attack = {
  id: 'rc-as-patient',
  title: 'Whoever reads the registration centre can log in as any patient',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const hub = network.hub(0);
    // The registration centre keeps SSK of every hub, and (UID, C) of every card.
    return judge(attempt(() => hub.answer(makeLogin(fast, hub.firstCard, hub, T0), T0)) !== undefined, {
      breaks: 'it keeps all that a login is made of',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const { uid, pinVersion, cs } = hub.row(patient);
    const psk = derivePsk(fast, deriveUsk(fast, network.K_RC, uid), hub.id);
    const privateKey = systemRandom(32);
    const request = { uid, pinVersion, blinded: attemptOf('000000').blinded };
    const accepted = [fast.x25519Public(privateKey), cs].some((publicKey) =>
      isForgeryAccepted(hub, request, { cardKey: { privateKey, publicKey }, psk }),
    );
    return judge(accepted, {
      breaks: 'the master key was enough',
      holds:
        'psk can be derived, the card’s private key cannot: it was made at the console from random bytes (to register another card leaves a trace)',
    });
  },
};
