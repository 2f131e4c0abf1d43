import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, isForgeryAccepted } from '../worlds/cardea.ts';
import { PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * A thief has a hub's whole database, its psk of every card among it, and later calls that very hub. Success:
 * the hub takes them for a patient whose card they never had.
 */
export const hubDatabasePassesForPatient: Attack = {
  id: 'hub-database-as-patient',
  title: 'A stolen hub database logs in at that hub',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const hub = network.hub(0);
    const forged = makeLogin(fast, hub.firstCard, hub, T0);
    return judge(attempt(() => hub.answer(forged, T0)) !== undefined, {
      breaks: 'UID, C and SSK are all that a login is made of',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const { uid, psk, pinVersion, cs } = hub.row(patient);
    const request = { uid, pinVersion, blinded: attemptOf('000000').blinded };
    const privateKey = systemRandom(32);
    // They show a key of their own; or the card's public key, with a private one that does not fit.
    const accepted = [fast.x25519Public(privateKey), cs].some((publicKey) =>
      isForgeryAccepted(hub, request, { cardKey: { privateKey, publicKey }, psk }),
    );
    return judge(accepted, {
      breaks: 'psk and the card’s public key were enough',
      holds: 'a login takes the private half of the card’s key, which no database holds',
    });
  },
};
