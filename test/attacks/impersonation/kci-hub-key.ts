import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, isForgeryAccepted } from '../worlds/cardea.ts';
import { PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Key-compromise impersonation of a patient: somebody knows all of a hub's secrets, its static key among them,
 * and calls that hub. Success: the hub takes them for a patient whose card they never had.
 */
export const patientToLeakedHub: Attack = {
  id: 'kci-patient',
  title: "Who knows a hub's key can pass for any patient to that hub",

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const hub = network.hub(0);
    const forged = makeLogin(fast, hub.firstCard, hub, T0);
    return judge(attempt(() => hub.answer(forged, T0)) !== undefined, {
      breaks: 'what the hub checks with is what a patient proves with',
      holds: 'the hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const hub = network.hub(0);
    const { uid, psk, pinVersion, cs } = hub.row(patient);
    const request = { uid, pinVersion, blinded: attemptOf('000000').blinded };
    // They show the card's public key, and compute `se` with the private key that they have: the hub's.
    const cardKey = { privateKey: hub.keyPair.privateKey, publicKey: cs };
    return judge(isForgeryAccepted(hub, request, { cardKey, psk }), {
      breaks: "the hub's own key stood in for the card's",
      holds: "a proof takes the card's private key and the hub's fresh one; the hub's static key is neither",
    });
  },
};
