import { copyFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { SUITE } from '../../protocol/constants.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

const PATIENTS_PIN = '735208';
const THIEFS_PIN = '904617';
/** For what hubs do by themselves, also on a machine that is busy. */
const PATIENT = { timeout: 20_000 };
/** Of a terminal's chunks to the hub in a PIN change: LOGIN, PROOF, `oprf.evaluate`, then this. */
const PIN_PREPARE = 3;

async function tap(site: Site, wallet: string, pin: string, hub: string) {
  return (await site.tap({ wallet, hub, panel: new ScriptedPanel({ pin }) })).outcome;
}

async function changePin(site: Site, wallet: string, { hub, to }: { hub: string; to: string }) {
  const panel = new ScriptedPanel({ pin: PIN, 'new-pin': to, 'new-pin-again': to });
  return (await site.tap({ wallet, hub, panel, goal: 'new-pin' })).outcome;
}

async function pinVersionOn(site: Site, wallet: string): Promise<number> {
  const { image } = await site.terminal.withCard(wallet, async (reader) =>
    currentImage(noble, await (await reader.waitForCard()).readSlots()),
  );
  if (image.suite !== SUITE.cardea1) throw new Error('a cardea-1 card is wanted');
  return image.pinVersion;
}

describe('a copy of a card, at a hub that was cut off', () => {
  it('is found when the hub is back, though it skipped the PIN version of the patient’s: the card is locked', {
    timeout: 60_000,
  }, async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ hubs: ['goa-01', 'pune-02'], terminalSurroundings: { network } });
    const wallet = await registeredCard(site);
    const copy = `${wallet}.copy`;
    await copyFile(wallet, copy);
    const { cards } = await site.operator.cards();
    const uid = cards[0]?.uid ?? '';

    // Only pune-02 is there, without the registration centre. Whoever has the copy knows the PIN.
    const goa = await site.stopHub('goa-01');
    await site.stopRc();
    network.chaos = (direction, chunk) => (direction === 'toHub' && chunk >= PIN_PREPARE ? 'cut' : undefined);
    expect((await changePin(site, copy, { hub: 'pune-02', to: THIEFS_PIN })).kind).toBe('refused');
    network.chaos = () => undefined;
    expect(await changePin(site, copy, { hub: 'pune-02', to: THIEFS_PIN })).toEqual({ kind: 'pin-set' });
    expect(await tap(site, copy, THIEFS_PIN, 'pune-02')).toEqual({ kind: 'served' });
    expect(await pinVersionOn(site, copy)).toBe(3);
    const pune = await site.stopHub('pune-02');

    await site.startRc();
    await site.startHub('goa-01', goa);
    expect(await changePin(site, wallet, { hub: 'goa-01', to: PATIENTS_PIN })).toEqual({ kind: 'pin-set' });
    await expect.poll(() => site.operator.card(uid), PATIENT).toMatchObject({ pinVersion: 2, locked: false });

    await site.startHub('pune-02', pune);
    await expect.poll(() => site.operator.card(uid), PATIENT).toMatchObject({ locked: true });
    const { history } = await site.operator.cardDetails(uid);
    expect(history.filter(({ what }) => what === 'locked')).toMatchObject([{ by: 'pune-02', cause: 'copy' }]);
    // The version that the copy has, and skipped the patient's with, is no card's.
    expect(await site.operator.card(uid)).toMatchObject({ pinVersion: 2 });
    await site.hubsCaughtUp();
    const locked = { kind: 'refused', reason: 'card-locked' };
    expect(await tap(site, wallet, PATIENTS_PIN, 'goa-01')).toEqual(locked);
    expect((await tap(site, copy, THIEFS_PIN, 'pune-02')).kind).toBe('refused');
    expect((await tap(site, copy, THIEFS_PIN, 'goa-01')).kind).toBe('refused');
    await expect(site.operator.unlockCard(uid)).rejects.toMatchObject({ problemCode: 'card-copied' });

    const fresh = await site.buyCard('fresh', 'NTAG215');
    await site.register(fresh, { id: cards[0]?.patientId ?? '' }, PIN);
    await site.hubsCaughtUp();
    expect(await tap(site, fresh, PIN, 'pune-02')).toEqual({ kind: 'served' });
  });
});

describe('a card that is no copy', () => {
  it('is not taken for one where two hubs prepared a PIN, and the recovery code was used at the one whose PIN it never carried', {
    timeout: 60_000,
  }, async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ hubs: ['goa-01', 'pune-02'], terminalSurroundings: { network } });
    const wallet = await site.buyCard('maria', 'NTAG215');
    const { card, recoveryCode } = await site.register(wallet, 'maria', PIN);
    await site.hubsCaughtUp();
    await site.stopRc();

    // pune-02 keeps the new PIN, but its answer is lost: nothing is written. goa-01 sets another, with the same number.
    network.chaos = (direction, chunk) =>
      direction === 'toDevice' && chunk > PIN_PREPARE ? 'cut' : undefined;
    expect((await changePin(site, wallet, { hub: 'pune-02', to: THIEFS_PIN })).kind).not.toBe('pin-set');
    network.chaos = () => undefined;
    expect(await pinVersionOn(site, wallet)).toBe(1);
    expect(await changePin(site, wallet, { hub: 'goa-01', to: PATIENTS_PIN })).toEqual({ kind: 'pin-set' });

    const next = '615243';
    const panel = new ScriptedPanel({
      'recovery-code': recoveryCode ?? '',
      'new-pin': next,
      'new-pin-again': next,
    });
    const recovered = await site.tap({ wallet, hub: 'pune-02', panel, goal: 'recover' });
    expect(recovered.outcome).toEqual({ kind: 'pin-set' });
    expect(await tap(site, wallet, next, 'pune-02')).toEqual({ kind: 'served' });

    const pune = await site.stopHub('pune-02');

    await site.startRc();
    await expect.poll(() => site.operator.card(card.uid), PATIENT).toMatchObject({ pinVersion: 2 });
    await site.startHub('pune-02', pune);
    await expect
      .poll(() => site.operator.card(card.uid), PATIENT)
      .toMatchObject({ pinVersion: 3, locked: false });
    await site.hubsCaughtUp();
    expect(await tap(site, wallet, next, 'goa-01')).toEqual({ kind: 'served' });
    const { history } = await site.operator.cardDetails(card.uid);
    expect(history.filter(({ what }) => what === 'locked')).toEqual([]);
  });
});
