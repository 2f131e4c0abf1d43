import { equalConstantTime } from '../../../protocol/bytes.ts';
import { makeLogin } from '../../../protocol/limbasiya/service.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork, isForgeryAccepted, logIn } from '../worlds/cardea.ts';
import { asListed, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * An insider of one hub, with that hub's whole database and its keys, and a card of their own (which tells the
 * list of hubs). Success: another hub takes them for a patient whose card they never had.
 */
export const hubPassesForPatient: Attack = {
  id: 'hub-as-patient',
  title: "A hub's insider logs in elsewhere as any patient",

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    network.register('maria', 'monsoon');
    const insider = network.register('insider', 'own card');
    const victim = network.hub(0).firstCard;
    const other = network.hub(1);
    const forged = makeLogin(fast, victim, asListed(insider, other.ID), T0);
    const accepted = attempt(() => other.answer(forged, T0));
    return judge(accepted !== undefined && equalConstantTime(accepted.UID, victim.UID), {
      breaks: 'UID and C from the list, SSK from any card: the other hub takes the insider for the patient',
      holds: 'the other hub refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const honest = await logIn(patient, network.hub(1));
    control(honest.atHub.fingerprint === honest.atDevice.fingerprint, 'the patient can log in');
    const [mine, other] = [network.hub(0), network.hub(1)];
    const { uid, psk, pinVersion, cs } = mine.row(patient);
    const { blinded } = attemptOf('000000');
    // Neither cs nor usk is in the database: they try with keys that they have, and the psk of another pair.
    const privateKeys = [systemRandom(32), mine.keyPair.privateKey];
    const accepted = privateKeys.some((privateKey) =>
      [fast.x25519Public(privateKey), cs].some((publicKey) =>
        isForgeryAccepted(other, { uid, pinVersion, blinded }, { cardKey: { privateKey, publicKey }, psk }),
      ),
    );
    return judge(accepted, {
      breaks: 'the other hub took the insider for the patient',
      holds: 'a hub holds a public key of the card, and a psk that is for itself alone',
    });
  },
};
