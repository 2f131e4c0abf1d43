import { equalConstantTime } from '../../../protocol/bytes.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { readLogin } from '../../../protocol/limbasiya/service.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, judge } from '../lab.ts';
import * as cardea from '../worlds/cardea.ts';
import { openRecorded } from '../worlds/listener.ts';
import { asListed, logIn, openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * Another patient, who has opened their own card, records a login. Success: they know whose it is, by the name
 * that the protocol has for that patient.
 */
export const patientUnmasksPatient: Attack = {
  id: 'patient-unmasks-patient',
  title: 'Any patient sees who else logs in',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const [victim, curious] = [network.register('maria', 'monsoon'), network.register('curious', 'own card')];
    const { recorded } = logIn(victim, network.hub(0));
    const hub = asListed(curious, network.hub(0).ID);
    const { UID } = readLogin(fast, hub, recorded.login, T0);
    return judge(equalConstantTime(UID, openedCard(victim).own.UID), {
      breaks: 'SSK is on every card: α ⊕ h(ID || SSK || T1) is the other patient’s UID',
      holds: 'what came out is nobody’s UID',
    });
  },

  async 'cardea-1'() {
    const network = await cardea.CardeaNetwork.open();
    const [victim, curious] = [await network.register('482913'), await network.register('735208')];
    const hub = network.hub(0);
    const { recorded } = await cardea.logIn(victim, hub);
    const typed = cardea.attemptOf(curious.pin);
    const evaluated = cardea.evaluationOf(hub.row(curious), 1, typed.blinded);
    const { cardKey, usk } = await openWithPin(fast, curious.card, typed, evaluated);
    const opened = openRecorded(recorded, {
      privateKeys: [cardKey.privateKey],
      publicKeys: [cardKey.publicKey],
      psks: [usk],
      hubStatic: hub.keyPair.publicKey,
    });
    return judge(opened.login !== undefined, {
      breaks: 'the LOGIN opened',
      holds: 'the UID is sealed to the hub’s static key, whose private half never leaves the hub',
    });
  },
};
