import { copyFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import type { PinReport } from '../../protocol/rc-api/feed.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { openSite, PIN, registeredCard, surroundings } from './open-site.ts';

const NEW_PIN = '735208';
/** For what a hub does by itself, also on a machine that is busy. */
const PATIENT = { timeout: 15_000 };
/** Of a terminal's chunks to the hub in a PIN change: LOGIN, PROOF, then the session's requests. */
const PIN_CHANGED = 4;

const refused = (reason: string) => ({ kind: 'refused', reason });

async function tap(site: Site, wallet: string, pin: string, hub: string) {
  return (await site.tap({ wallet, hub, panel: new ScriptedPanel({ pin }) })).outcome;
}

/** Two hubs and a card, known at both; the line to goa-01 breaks for good where `pin.changed` would go out. */
async function siteWhoseLineBreaks() {
  const network = new ChaosNetwork(surroundings.network, (run) => run());
  const site = await openSite({ hubs: ['goa-01', 'pune-02'], terminalSurroundings: { network } });
  const wallet = await registeredCard(site);
  let isBroken = false;
  network.chaos = (direction, chunk) => {
    isBroken ||= direction === 'toHub' && chunk === PIN_CHANGED;
    return isBroken ? 'cut' : undefined;
  };
  const mend = () => {
    network.chaos = () => undefined;
  };
  return { site, wallet, mend };
}

async function changePin(site: Site, wallet: string) {
  const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN });
  return (await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' })).outcome;
}

async function imageOf(site: Site, wallet: string) {
  const { image } = await site.terminal.withCard(wallet, async (reader) =>
    currentImage(noble, await (await reader.waitForCard()).readSlots()),
  );
  if (image.suite !== 2) throw new Error('a cardea-1 card is wanted');
  return image;
}

/** Speaks to the RC as the hub `id` does. */
async function rcAs(site: Site, id: string): Promise<RcClient> {
  const client = new RcClient({
    surroundings,
    rc: site.rcAddress,
    identity: await loadTlsIdentity(site.folderOf(id)),
  });
  onTestFinished(() => client.close());
  return client;
}

async function onlyCard(site: Site) {
  const [card] = (await site.operator.cards()).cards;
  if (card === undefined) throw new Error('no card is registered');
  return card;
}

describe('a PIN change whose last step is lost', () => {
  it('is good at another hub once the RC has heard of it, and the old image is not', async () => {
    const { site, wallet, mend } = await siteWhoseLineBreaks();
    await copyFile(wallet, `${wallet}.old`);
    expect(await changePin(site, wallet)).toEqual(refused('new-pin-unfinished'));
    expect(await imageOf(site, wallet)).toMatchObject({ pinVersion: 2, sequence: 2 });
    const { uid } = await onlyCard(site);
    const pune = await rcAs(site, 'pune-02');
    await expect.poll(async () => (await pune.feedCard(uid)).card?.pending, PATIENT).toHaveLength(1);
    const goa = await site.stopHub('goa-01');
    mend();
    expect(await site.operator.card(uid)).toMatchObject({ pinVersion: 1 });

    expect(await tap(site, wallet, NEW_PIN, 'pune-02')).toEqual({ kind: 'served' });
    expect(await tap(site, `${wallet}.old`, PIN, 'pune-02')).toEqual(refused('card-superseded'));
    await expect.poll(async () => (await site.operator.card(uid)).pinVersion, PATIENT).toBe(2);
    expect(await site.operator.card(uid)).toMatchObject({ locked: false });

    await site.startHub('goa-01', goa);
    await site.hubsCaughtUp();
    expect(await tap(site, wallet, NEW_PIN, 'goa-01')).toEqual({ kind: 'served' });
    expect(await tap(site, `${wallet}.old`, PIN, 'goa-01')).toEqual(refused('card-superseded'));
  });

  it('of which the RC has not heard is told as such at another hub, and finished at the first', async () => {
    const { site, wallet, mend } = await siteWhoseLineBreaks();
    const rc = site.rcAddress;
    await site.stopRc();
    expect(await changePin(site, wallet)).toEqual(refused('new-pin-unfinished'));
    const goa = await site.stopHub('goa-01');
    mend();
    await site.startRc();
    expect(site.rcAddress).toEqual(rc);
    expect(await tap(site, wallet, NEW_PIN, 'pune-02')).toEqual(refused('pin-not-heard'));
    await site.startHub('goa-01', goa);
    expect(await tap(site, wallet, NEW_PIN, 'goa-01')).toEqual({ kind: 'served' });
    const { uid } = await onlyCard(site);
    await expect.poll(async () => (await site.operator.card(uid)).pinVersion, PATIENT).toBe(2);
    await site.hubsCaughtUp();
    expect(await tap(site, wallet, NEW_PIN, 'pune-02')).toEqual({ kind: 'served' });
  });

  it('cannot be made up by a hub that lies: without the card nobody makes the proof', async () => {
    const { site, wallet, mend } = await siteWhoseLineBreaks();
    mend();
    const { uid } = await onlyCard(site);
    const goa = await rcAs(site, 'goa-01');
    const cs = '11'.repeat(32);
    for (const changed of [false, true]) {
      const lie: PinReport = { uid, pinVersion: 2, base: 1, cs, proof: '22'.repeat(32), changed };
      await goa.report({ tries: [], pins: [lie] });
    }
    const pune = await rcAs(site, 'pune-02');
    expect((await pune.feedCard(uid)).card).toMatchObject({ pinVersion: 1, pending: [], locked: false });
    expect(await tap(site, wallet, PIN, 'pune-02')).toEqual({ kind: 'served' });
  });
});
