import { HubCertificateError, verifyHubChain } from '../../../certs/hub-chain.ts';
import { toHex } from '../../../protocol/bytes.ts';
import { decodeHello } from '../../../protocol/hello.ts';
import { makeChallenge, makeLogin, readChallenge, readLogin } from '../../../protocol/limbasiya/service.ts';
import { DeviceLogin } from '../../../protocol/login/device.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, attempt, control, judge } from '../lab.ts';
import { attemptOf, CardeaNetwork } from '../worlds/cardea.ts';
import { asListed, openedCard, PublishedNetwork, T0 } from '../worlds/published.ts';

/**
 * An insider of one hub, with its database and keys and any card, who can answer in another hub's place.
 * Success: a patient's terminal takes them for that other hub.
 */
export const hubPassesForHub: Attack = {
  id: 'hub-as-hub',
  title: 'A hub’s insider passes for another hub to any patient',

  'limbasiya-2021'() {
    const network = new PublishedNetwork();
    const patient = network.register('maria', 'monsoon');
    const insider = network.register('insider', 'own card');
    const { own } = openedCard(patient);
    const other = network.hub(1);
    const login = makeLogin(fast, own, other, T0);
    // The insider: the other hub's SSK from their own card, C from their own hub's list.
    const stolen = asListed(insider, other.ID);
    const { UID, T2 } = readLogin(fast, stolen, login, T0);
    const C = network.hub(0).cards.get(toHex(UID));
    if (C === undefined) throw new Error("the insider's hub does not know the patient");
    const { challenge } = makeChallenge(fast, stolen, { UID, C }, login, { T2, VT: 600 });
    const fooled = attempt(() => readChallenge(fast, own, other.ID, login, challenge, T0));
    return judge(fooled !== undefined, {
      breaks: 'SSK of every hub is on every card, C of every card at every hub: the terminal believes',
      holds: 'the terminal refused',
    });
  },

  async 'cardea-1'() {
    const network = await CardeaNetwork.open();
    const patient = await network.register('482913');
    const [mine, other] = [network.hub(0), network.hub(1)];
    const trust = { now: Date.UTC(2026, 0, 1), caPin: patient.card.caPin };
    const honest = verifyHubChain(decodeHello(other.hello()).certificates, trust);
    control(honest.hubId === other.id, 'the other hub itself is believed');
    // 1. The other hub's certificate, which is public, with the insider's key.
    const { uid, pinVersion } = patient.card;
    const hello = other.hello();
    const device = new DeviceLogin(fast, {
      hello,
      hubId: honest.hubId,
      hubStatic: honest.hubStatic,
      random: systemRandom,
    });
    const login = device.login({ uid, pinVersion, blinded: attemptOf('482913').blinded });
    const read = attempt(() => mine.answer(hello, login));
    // 2. The insider's own certificate says whose it is.
    const shown = verifyHubChain(decodeHello(mine.hello()).certificates, trust);
    return judge(read !== undefined || shown.hubId === other.id || (await forgedIsBelieved(network, trust)), {
      breaks: 'a terminal took the insider for the other hub',
      holds:
        'the other hub’s certificate is of no use without its key, and the insider’s own names the insider',
    });
  },
};

/** 3. A certificate in the other hub's name, under an authority of the insider's own. */
async function forgedIsBelieved(
  network: CardeaNetwork,
  trust: { readonly now: number; readonly caPin: Uint8Array },
): Promise<boolean> {
  const forged = await CardeaNetwork.open([network.hub(1).id]);
  try {
    verifyHubChain([...forged.hub(0).chain.slice(0, 1), network.authority.certificate], trust);
    return true;
  } catch (error) {
    if (!(error instanceof HubCertificateError)) throw error;
    return false;
  }
}
