import { copyFile } from 'node:fs/promises';
import { RcClient } from '../../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../../certs/tls-identity.ts';
import { ScriptedPanel } from '../../../demo/scripted-panel.ts';
import type { Site } from '../../../demo/site.ts';
import { fromHex, toHex } from '../../../protocol/bytes.ts';
import { type CardeaCard, encodeCardImage } from '../../../protocol/card-image.ts';
import { openWithPin } from '../../../protocol/card-secrets.ts';
import { currentImage } from '../../../protocol/card-slots.ts';
import { SUITE } from '../../../protocol/constants.ts';
import { changePin } from '../../../protocol/pin-change.ts';
import type { HubCard } from '../../../protocol/rc-api/cards.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { fast } from '../../support/fast.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { attemptOf, evaluationOf } from '../worlds/cardea.ts';
import { type Clinic, inClinic, isServed, NEW_PIN, PIN } from '../worlds/clinic.ts';

const HONEST = 'pune-02';
const DISHONEST = 'goa-01';
/** Of the adversary's own choice. */
const OWN_PIN = '918264';

/**
 * Two of them: one once copied the card and saw its PIN, and so has its `usk`; the other has all that one hub of the
 * network has. The patient has changed the PIN since, at an honest hub. Together they report a further PIN, of their
 * own, as if a terminal had set it. Success: they are served at the honest hub as the patient, who is not.
 */
export const oldSecretsAndHub: Attack = {
  id: 'old-secrets-and-hub',
  title:
    'After a new PIN, old secrets of the card and one dishonest hub together put another PIN in its place',

  'limbasiya-2021'() {
    return doesNotApply('nobody but the card hears of a new password: old secrets need no hub to stay good');
  },

  'cardea-1': () =>
    inClinic([DISHONEST, HONEST], async (clinic) => {
      const { site, wallet, tap } = clinic;
      const copy = `${wallet}.copy`;
      await copyFile(wallet, copy);
      const usk = await uskOf(clinic, copy);
      const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN });
      const changed = await site.tap({ wallet, hub: HONEST, panel, goal: 'new-pin' });
      control(changed.outcome.kind === 'pin-set', 'the patient has changed the PIN');
      control(!isServed(await tap(HONEST, PIN, copy)), 'the copy alone is shut out');

      await reportOwnPin(clinic, copy, usk);
      await site.hubsCaughtUp();
      const adversary = await tap(HONEST, OWN_PIN, copy);
      const patient = await tap(HONEST, NEW_PIN);
      return judge(isServed(adversary) && !isServed(patient), {
        breaks: 'the proof of a new PIN hangs on usk, which no new PIN changes: only a new card ends it',
        holds: 'the patient is served, or they are not',
      });
    }),
};

/** What the copied image and its PIN give, with an evaluation by the hub: `usk`, for ever. */
async function uskOf({ site }: Clinic, copy: string): Promise<Uint8Array> {
  const image = await imageOn(site, copy);
  const attempt = attemptOf(PIN);
  const evaluated = evaluationOf(oprfSeedOf(await cardAtHub(site, image)), image.pinVersion, attempt.blinded);
  return (await openWithPin(fast, image, attempt, evaluated)).usk;
}

/** Makes a card image under a PIN of their own, reports it as the hub, and writes it to the copy. */
async function reportOwnPin({ site }: Clinic, copy: string, usk: Uint8Array): Promise<void> {
  const card = await imageOn(site, copy);
  const held = await cardAtHub(site, card);
  const pinVersion = held.pinVersion + 1;
  const attempt = attemptOf(OWN_PIN);
  const evaluated = evaluationOf(oprfSeedOf(held), pinVersion, attempt.blinded);
  const random = systemRandom;
  const { image, cs, proof } = await changePin(fast, { card, usk, attempt, evaluated, pinVersion, random });
  const pin = {
    uid: held.uid,
    pinVersion,
    base: held.pinVersion,
    cs: toHex(cs),
    proof: toHex(proof),
    changed: true,
  };
  await asHub(site, (hub) => hub.report({ tries: [], pins: [pin] }));
  await site.terminal.withCard(copy, async (reader) => {
    await (await reader.waitForCard()).writeSlot(1, encodeCardImage(fast, image));
  });
}

function oprfSeedOf({ oprfSeed }: HubCard) {
  return { oprfSeed: fromHex(oprfSeed) };
}

async function imageOn(site: Site, wallet: string): Promise<CardeaCard> {
  const slots = await site.terminal.withCard(wallet, async (reader) =>
    (await reader.waitForCard()).readSlots(),
  );
  const { image } = currentImage(fast, slots);
  control(image.suite === SUITE.cardea1, 'the card is of cardea-1');
  return image;
}

/** What every hub of the network is told of a card. */
async function cardAtHub(site: Site, { uid }: CardeaCard): Promise<HubCard> {
  const { card } = await asHub(site, (hub) => hub.feedCard(toHex(uid)));
  control(card !== null, 'the hub knows the card');
  return card;
}

/** Speaks to the registration centre as the dishonest hub does. */
async function asHub<T>(site: Site, ask: (hub: RcClient) => Promise<T>): Promise<T> {
  const surroundings = { clock: systemClock, network: tcpNetwork(systemClock) };
  const identity = await loadTlsIdentity(site.folderOf(DISHONEST));
  const hub = new RcClient({ surroundings, rc: site.rcAddress, identity });
  try {
    return await ask(hub);
  } finally {
    hub.close();
  }
}
