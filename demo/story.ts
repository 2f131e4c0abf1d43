import type { TapResult } from '../device/serve-taps.ts';
import { refusalLines } from '../device/terminal/sentences.ts';
import type { Outcome } from '../device/terminal/state.ts';
import { stepLine } from '../device/terminal/step-lines.ts';
import { formatAddress } from '../runtime/address.ts';
import { sleep } from '../runtime/clock.ts';
import { ScriptedPanel } from './scripted-panel.ts';
import type { Site } from './site.ts';
import type { Teller } from './teller.ts';

export const HUBS = [
  { id: 'goa-01', location: 'Goa' },
  { id: 'pune-02', location: 'Pune' },
] as const;
export const PATIENT = { name: 'Maria Fernandes', card: 'maria.ntag215', pin: '482913' } as const;
const WRONG_PIN = '482914';

/** A step of the story did not go as it should. */
export class StoryError extends Error {}

/** RC, hubs and terminal, as an operator would set them up. */
export async function setUp(site: Site, teller: Teller): Promise<void> {
  teller.chapter('The network is set up');
  await teller.step(
    () =>
      `authority, master key, database and first operator made; the RC serves HTTPS on ${formatAddress(site.rcAddress)}`,
    () => site.setUpNetwork(),
  );

  teller.chapter('The hubs and the terminal join');
  for (const { id, location } of HUBS) {
    await teller.step(
      (hub) => `${id} in ${location} redeemed its join string and serves on ${formatAddress(hub.address)}`,
      () => site.addHub(id, location),
    );
  }
  await teller.step('the terminal desk-1 redeemed its own', () => site.addTerminal('desk-1'));
}

/** A patient's card, registered at the desk with a PIN. @returns where the card is kept while it lies on no reader */
export async function registerPatient(site: Site, teller: Teller): Promise<string> {
  teller.chapter(`A card for ${PATIENT.name}`);
  const wallet = await site.buyCard(PATIENT.card, 'NTAG215');
  const registered = await teller.step(
    'PIN blinded and evaluated, secrets sealed, image written to the tag, read back, registered',
    () => site.register(wallet, PATIENT.name, PATIENT.pin),
  );
  if (registered.recoveryCode !== null)
    teller.line(`recovery code, shown this once: ${registered.recoveryCode}`);
  await teller.step('both hubs have it from the feed', () => site.hubsCaughtUp());
  return wallet;
}

/** The whole of it, once through. @throws StoryError at the first step that does not go as it should */
export async function tellStory(site: Site, teller: Teller): Promise<void> {
  await setUp(site, teller);
  const wallet = await registerPatient(site, teller);

  for (const { id, location } of HUBS) {
    teller.chapter(`A tap at ${id}, ${location}`);
    await expectOutcome(teller, () => tap(site, wallet, id, PATIENT.pin, teller), { kind: 'served' });
  }
  await tellMeasurement(site, teller, wallet);
  await tellQueue(site, teller, wallet);

  teller.chapter('A wrong PIN');
  await expectOutcome(teller, () => tap(site, wallet, 'goa-01', WRONG_PIN), {
    kind: 'refused',
    reason: 'wrong-pin',
    attemptsLeft: 4,
  });

  teller.chapter('The hub and the RC are restarted on their files');
  await teller.step('goa-01 and the RC stopped', async () => {
    const address = await site.stopHub('goa-01');
    await site.stopRc();
    await site.startRc();
    await site.startHub('goa-01', address);
  });
  await expectOutcome(teller, () => tap(site, wallet, 'goa-01', PATIENT.pin), { kind: 'served' });

  teller.chapter('The card is lost, and revoked');
  await teller.step('revoked at the RC; both hubs have heard', async () => {
    const { cards } = await site.operator.cards();
    for (const { uid } of cards) await site.operator.revokeCard(uid, 'lost');
    await site.hubsCaughtUp();
  });
  for (const { id } of HUBS) {
    await expectOutcome(teller, () => tap(site, wallet, id, PATIENT.pin), {
      kind: 'refused',
      reason: 'card-revoked',
    });
  }
}

/**
 * Lays the card on the terminal's reader and types `pin`.
 * @param teller says what the patient reads in the end
 * @param choice what the patient answers beside a thermometer; none: there is none
 */
export async function tap(
  site: Site,
  wallet: string,
  hub: string,
  pin: string,
  teller?: Teller,
  choice?: string,
): Promise<TapResult> {
  let read: readonly string[] = [];
  const panel = new ScriptedPanel({ pin, ...(choice && { choice }) }, (_sign, lines) => {
    read = lines;
  });
  const result = await site.tap({
    wallet,
    hub,
    panel,
    sensor: choice === undefined ? undefined : site.thermometer,
  });
  teller?.line(`the patient reads: “${read.join(' ')}”`);
  return result;
}

/** A patient leaves a temperature with the hub, and finds it in the summary. */
async function tellMeasurement(site: Site, teller: Teller, wallet: string): Promise<void> {
  teller.chapter('A temperature is measured at goa-01');
  const { clock, thermometer } = site;
  await teller.step('a thermometer on a virtual board of its own is ready', async () => {
    while (thermometer.read().state !== 'value') await sleep(clock, 50);
  });
  await expectOutcome(teller, () => tap(site, wallet, 'goa-01', PATIENT.pin, teller, 'Yes'), {
    kind: 'served',
  });
  const { items } = await site.hub('goa-01').office.list(null);
  const observations = items.map((one) => one.observations);
  if (observations.join() !== '1') throw new StoryError('the hub should have kept one measurement');
  teller.line('“cardea-hub records list” has one patient with one measurement');
}

/** The clinic's side of a visit: who waits, who has been seen; nobody is checked in twice. */
async function tellQueue(site: Site, teller: Teller, wallet: string): Promise<void> {
  teller.chapter('The desk at goa-01 works its queue');
  const { office } = site.hub('goa-01');
  const waiting = await teller.step('one patient waits, by the name that only this hub has for her', () =>
    office.queue(),
  );
  const [first] = waiting;
  if (first === undefined || waiting.length > 1)
    throw new StoryError(`${waiting.length} wait, and one should`);
  await teller.step(`number ${first.place} has been seen`, () => office.done(first.place));
  await expectOutcome(teller, () => tap(site, wallet, 'goa-01', PATIENT.pin, teller), { kind: 'served' });
  if ((await office.queue()).length > 0) throw new StoryError('the patient was checked in twice');
  teller.line('nobody is put in the queue twice a day: from here on, the desk decides');
}

/** Tells a tap step by step. */
export function tellTap(teller: Teller, { steps, outcome }: TapResult): void {
  for (const step of steps) teller.line(stepLine(step));
  if (outcome.kind === 'refused') teller.line(`“${refusalLines(outcome.reason, outcome).join(' ')}”`);
}

/** A tap that must end so. @throws StoryError */
export async function expectOutcome(
  teller: Teller,
  run: () => Promise<TapResult>,
  expected: Outcome,
): Promise<TapResult> {
  const result = await teller.step(({ outcome }) => describe(outcome), run);
  tellTap(teller, result);
  if (describe(result.outcome) !== describe(expected)) {
    throw new StoryError(
      `the tap should have ended as "${describe(expected)}", not "${describe(result.outcome)}"`,
    );
  }
  return result;
}

function describe(outcome: Outcome): string {
  switch (outcome.kind) {
    case 'served':
      return 'the patient is served';
    case 'pin-set':
      return 'the new secret is set';
    case 'refused': {
      const { reason, attemptsLeft } = outcome;
      return attemptsLeft === undefined
        ? `refused: ${reason}`
        : `refused: ${reason}, ${attemptsLeft} tries left`;
    }
  }
}
