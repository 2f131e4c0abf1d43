import type { TapResult } from '../device/serve-taps.ts';
import { ScriptedPanel } from './scripted-panel.ts';
import type { Site } from './site.ts';
import { expectOutcome, HUBS, PATIENT, StoryError, setUp, tap } from './story.ts';
import type { Teller } from './teller.ts';

const IDENTITY = 'maria';
const PASSWORD = 'monsoon in june';
const NEW_PASSWORD = 'dry until may';
const WRONG_PASSWORD = 'monsoon in july';

const SERVED = { kind: 'served' } as const;

/** The story that `limbasiya-2021` has, once through. @throws StoryError at the first step that does not go as it should */
export async function tellLimbasiyaStory(site: Site, teller: Teller): Promise<void> {
  await setUp(site, teller);
  teller.line(
    'each hub registered P and Q and has its SSK; hubs and terminal were told to allow limbasiya-2021',
  );

  teller.chapter(`A card for ${PATIENT.name}, under limbasiya-2021`);
  const wallet = await site.buyCard('maria.ntag216', 'NTAG216');
  const card = await teller.step(
    'A and UID hashed, C and D from the RC, W, X, Y, Z and E written, read back',
    () => site.registerLimbasiya(wallet, PATIENT.name, { identity: IDENTITY, password: PASSWORD }),
  );
  teller.line('the card now holds the secret of every hub, behind the identity and the password alone');
  const tapAt = (hub: string, password: string) => tapLimbasiya(site, wallet, hub, password);

  const first: TapResult[] = [];
  for (const { id, location } of HUBS) {
    teller.chapter(`A tap; the patient chooses ${id}, ${location}`);
    first.push(await expectOutcome(teller, () => tapAt(id, PASSWORD), SERVED));
  }
  teller.line(
    'SK has no nonce and no time in it: it is the same at every login here, and who has C computes it',
  );

  teller.chapter('A wrong password');
  const wrong = await expectOutcome(teller, () => tapAt('goa-01', WRONG_PASSWORD), {
    kind: 'refused',
    reason: 'wrong-credentials',
  });
  requireNobodyAsked(wrong);
  teller.line('the card checked it: no hub was called, nobody counts, and a thief may go on for ever');

  teller.chapter('The password is changed, on the card alone');
  const changed = await expectOutcome(
    teller,
    () => changePassword(site, wallet, { password: PASSWORD, 'new-password': NEW_PASSWORD }),
    { kind: 'pin-set' },
  );
  requireNobodyAsked(changed);
  await expectOutcome(teller, () => tapAt('goa-01', PASSWORD), {
    kind: 'refused',
    reason: 'wrong-credentials',
  });
  await expectOutcome(teller, () => tapAt('goa-01', NEW_PASSWORD), SERVED);
  teller.line(
    'nobody else heard of it: a copy of the card as it was is as good as before, with the old password',
  );

  teller.chapter('The card is lost, and revoked');
  await teller.step('revoked at the RC', () => site.operator.revokeCard(card.uid, 'lost'));
  await expectOutcome(teller, () => tapAt('goa-01', NEW_PASSWORD), SERVED);
  teller.line(
    'it is let in all the same: this suite has no revocation, and a hub hears of it at its next omega',
  );
  await teller.step('goa-01 is started again, and asks for its list (omega)', async () => {
    await site.startHub('goa-01', await site.stopHub('goa-01'));
  });
  await expectOutcome(teller, () => tapAt('goa-01', NEW_PASSWORD), {
    kind: 'refused',
    reason: 'hub-refused',
  });
  await expectOutcome(teller, () => tapAt('pune-02', NEW_PASSWORD), SERVED);
  teller.line('pune-02 has asked for no list since, and still lets it in');

  teller.chapter(`Moving off it: a cardea-1 card for ${PATIENT.name}`);
  const newWallet = await site.buyCard(PATIENT.card, 'NTAG215');
  await teller.step('a card of the other suite registered for the same patient', async () => {
    await site.register(newWallet, { id: card.patientId }, PATIENT.pin);
    await site.hubsCaughtUp();
  });
  for (const [index, { id }] of HUBS.entries()) {
    const after = await expectOutcome(teller, () => tap(site, newWallet, id, PATIENT.pin), SERVED);
    if (servedAs(after) !== servedAs(first[index])) throw new StoryError(`${id} serves another patient now`);
  }
  teller.line('each hub serves the same patient as before, by the same name');
}

function tapLimbasiya(site: Site, wallet: string, choice: string, password: string): Promise<TapResult> {
  return site.tap({ wallet, panel: new ScriptedPanel({ identity: IDENTITY, password, choice }) });
}

function changePassword(
  site: Site,
  wallet: string,
  answers: { readonly password: string; readonly 'new-password': string },
): Promise<TapResult> {
  const again = { 'new-password-again': answers['new-password'] };
  const panel = new ScriptedPanel({ identity: IDENTITY, ...answers, ...again });
  return site.tap({ wallet, panel, goal: 'new-pin' });
}

function requireNobodyAsked({ steps }: TapResult): void {
  const asked = steps.find(({ step }) => step === 'call-hub' || step === 'refresh-list');
  if (asked !== undefined) throw new StoryError(`somebody was asked: ${asked.note}`);
}

function servedAs(result: TapResult | undefined): string | undefined {
  return result?.steps.find(({ step }) => step === 'inform')?.note;
}
