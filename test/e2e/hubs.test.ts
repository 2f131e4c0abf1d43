import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { formatAddress } from '../../runtime/address.ts';
import { systemClock } from '../../runtime/clock.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { openSite, PIN, registeredCard, surroundings, WRONG_PIN } from './open-site.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A network that remembers whether anything was ever sent to a hub. */
function listeningNetwork(): { network: ChaosNetwork; sent: () => number } {
  const network = new ChaosNetwork(surroundings.network, (run) => run());
  let sent = 0;
  network.chaos = (direction) => {
    if (direction === 'toHub') sent += 1;
    return undefined;
  };
  return { network, sent: () => sent };
}

async function tap(site: Site, wallet: string, hub: string) {
  const read: string[] = [];
  const panel = new ScriptedPanel({ pin: PIN }, (_sign, lines) => read.push(...lines));
  const { outcome } = await site.tap({ wallet, hub, panel });
  return { outcome, read };
}

describe('a hub that must not be spoken to', () => {
  it('because it is of another network is sent nothing at all', async () => {
    const { network, sent } = listeningNetwork();
    const site = await openSite({ terminalSurroundings: { network } });
    const other = await openSite();
    const wallet = await registeredCard(site);
    const { outcome, read } = await tap(site, wallet, formatAddress(other.hub('goa-01').address));
    expect(outcome).toEqual({ kind: 'refused', reason: 'hub-untrusted' });
    expect(read).toContain('The clinic could not prove who it is.');
    expect(sent()).toBe(0);
  });

  it('because its certificate is over is sent nothing at all', async () => {
    const { network, sent } = listeningNetwork();
    const clock = { ...systemClock, now: () => systemClock.now() + 30 * DAY_MS };
    const site = await openSite({ terminalSurroundings: { network, clock } });
    const wallet = await registeredCard(site);
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'refused', reason: 'hub-untrusted' });
    expect(sent()).toBe(0);
  });

  it('because it is not the one the terminal is set to is sent nothing at all', async () => {
    const { network, sent } = listeningNetwork();
    const site = await openSite({ hubs: ['goa-01', 'pune-02'], terminalSurroundings: { network } });
    const wallet = await registeredCard(site);
    const goa = await site.stopHub('goa-01');
    await site.stopHub('pune-02');
    await site.startHub('pune-02', goa);
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'refused', reason: 'hub-untrusted' });
    expect(sent()).toBe(0);
  });

  it('is served all the same by a terminal whose clock woke in 1970, once a login has shown it the time', async () => {
    let asleep = 0;
    const clock = { ...systemClock, now: () => (asleep === 0 ? systemClock.now() : asleep) };
    const site = await openSite({ terminalSurroundings: { clock } });
    const wallet = await registeredCard(site);
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'served' });
    asleep = 1;
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'served' });
  });
});

describe('a hub whose RC went away and came back on the same address', () => {
  const rcAnswers = async (site: Site) => (await site.hub('goa-01').status()).rc.answers;

  it('follows it again by itself: learns what is new, and tells what it counted meanwhile', async () => {
    const site = await openSite();
    const wallet = await site.buyCard('maria', 'NTAG215');
    const { card } = await site.register(wallet, 'maria', PIN);
    await site.hubsCaughtUp();
    expect(await rcAnswers(site)).toBe(true);
    await site.stopRc();
    for (let i = 0; i < 5; i++) {
      await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: WRONG_PIN }) });
    }
    await expect.poll(() => rcAnswers(site), { timeout: 15_000 }).toBe(false);
    await site.startRc();
    await expect
      .poll(async () => (await site.operator.card(card.uid)).locked, { timeout: 15_000 })
      .toBe(true);
    const other = await registeredCard(site, 'asha');
    await site.stopRc();
    expect((await tap(site, other, 'goa-01')).outcome).toEqual({ kind: 'served' });
  });
});

describe('a hub that cannot be reached', () => {
  it('is told plainly, and the next tap works once it is back', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const address = await site.stopHub('goa-01');
    const { outcome, read } = await tap(site, wallet, 'goa-01');
    expect(outcome).toEqual({ kind: 'refused', reason: 'hub-unreachable' });
    expect(read).toContain('The clinic cannot be reached.');
    await site.startHub('goa-01', address);
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'served' });
  });

  it('does not need the RC to let a known card in', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await site.stopRc();
    expect((await tap(site, wallet, 'goa-01')).outcome).toEqual({ kind: 'served' });
  });
});
