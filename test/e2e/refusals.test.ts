import { copyFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { HubLink } from '../../device/hub-link.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { DeviceLogin } from '../../protocol/login/device.ts';
import { parsePin } from '../../protocol/pin.ts';
import { PinAttempt } from '../../protocol/pin-attempt.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { openSite, PIN, registeredCard, surroundings, WRONG_PIN } from './open-site.ts';

const SERVED = { kind: 'served' };
const refused = (reason: string, attemptsLeft?: number) =>
  attemptsLeft === undefined ? { kind: 'refused', reason } : { kind: 'refused', reason, attemptsLeft };

/** Taps with `pin` and gives the outcome, and all that the patient read. */
async function tap(site: Site, wallet: string, pin = PIN, hub = 'goa-01') {
  const read: string[] = [];
  const panel = new ScriptedPanel({ pin }, (_sign, lines) => read.push(...lines));
  const { outcome, steps } = await site.tap({ wallet, hub, panel });
  return { outcome, steps, read };
}

/** A terminal that dies once the hub has answered its claim: nothing comes after the CHALLENGE. */
async function claimAndDie(site: Site, wallet: string, pin: string): Promise<void> {
  const { image } = await site.terminal.withCard(wallet, async (reader) =>
    currentImage(noble, await (await reader.waitForCard()).readSlots()),
  );
  if (image.suite !== 2) throw new Error('a cardea-1 card is wanted');
  const { uid, pinVersion, caPin } = image;
  const link = await HubLink.call(surroundings, site.hub('goa-01').address, (chain) =>
    verifyHubChain(chain, { now: surroundings.clock.now(), caPin }),
  );
  const { random } = surroundings;
  const { hubId, hubStatic } = link.hub;
  const login = new DeviceLogin(noble, { hello: link.hello, hubId, hubStatic, random });
  const { blinded } = PinAttempt.make(noble, parsePin(pin), random);
  link.send(login.login({ uid, pinVersion, blinded }));
  await link.receive();
  link.close();
}

describe('a wrong PIN', () => {
  it('is told at once, with the tries that are left, and shown at the next right login', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const wrong = await tap(site, wallet, WRONG_PIN);
    expect(wrong.outcome).toEqual(refused('wrong-pin', 4));
    expect(wrong.read).toContain('4 tries are left.');
    const right = await tap(site, wallet);
    expect(right.outcome).toEqual(SERVED);
    expect(right.read).toContain('There was 1 wrong PIN since your last visit.');
    expect((await tap(site, wallet, WRONG_PIN)).outcome).toEqual(refused('wrong-pin', 4));
  });

  it('is counted even when the terminal dies before it can tell', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await claimAndDie(site, wallet, WRONG_PIN);
    await claimAndDie(site, wallet, WRONG_PIN);
    expect((await tap(site, wallet, WRONG_PIN)).outcome).toEqual(refused('wrong-pin', 2));
  });

  it('locks the card when it is the last try; the right PIN does not help then', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    for (const left of [4, 3, 2, 1, 0]) {
      expect((await tap(site, wallet, WRONG_PIN)).outcome).toEqual(refused('wrong-pin', left));
    }
    const locked = await tap(site, wallet);
    expect(locked.outcome).toEqual(refused('card-locked'));
    expect(locked.read).toContain('This card is locked after too many wrong PINs.');
  });
});

describe('a card that the hub refuses', () => {
  it('because it was revoked has its own sentence, and the hub is called once', async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ terminalSurroundings: { network } });
    const wallet = await registeredCard(site);
    const [card] = (await site.operator.cards()).cards;
    await site.operator.revokeCard(card?.uid ?? '', 'lost');
    await site.hubsCaughtUp();
    const { outcome, read } = await tap(site, wallet);
    expect(outcome).toEqual(refused('card-revoked'));
    expect(read).toContain('This card is no longer valid.');
    expect(network.connections).toBe(1);
  });

  it('because it never heard of it has its own sentence, and the hub is called once', async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ terminalSurroundings: { network } });
    const address = await site.stopHub('goa-01');
    const wallet = await site.buyCard('maria', 'NTAG216');
    await site.register(wallet, 'maria', PIN);
    await site.stopRc();
    await site.startHub('goa-01', address);
    const { outcome, read } = await tap(site, wallet);
    expect(outcome).toEqual(refused('card-unknown'));
    expect(read).toContain('The clinic does not know this card.');
    expect(network.connections).toBe(1);
  });

  it('unless it can ask the RC: a card is good the moment it is registered', async () => {
    const site = await openSite();
    const wallet = await site.buyCard('maria', 'NTAG215');
    await site.register(wallet, 'maria', PIN);
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
  });
});

describe('a new PIN', () => {
  const NEW_PIN = '735208';
  const changePin = async (site: Site, wallet: string, hub = 'goa-01') => {
    const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN });
    return (await site.tap({ wallet, hub, panel, goal: 'new-pin' })).outcome;
  };

  it('is good at every hub, and the old one is wrong there', async () => {
    const site = await openSite({ hubs: ['goa-01', 'pune-02'] });
    const wallet = await registeredCard(site);
    expect(await changePin(site, wallet)).toEqual({ kind: 'pin-set' });
    for (const hub of ['goa-01', 'pune-02']) {
      expect((await tap(site, wallet, NEW_PIN, hub)).outcome).toEqual(SERVED);
      expect((await tap(site, wallet, PIN, hub)).outcome).toEqual(refused('wrong-pin', 4));
    }
  });

  it('puts an old copy of the card out of use', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await copyFile(wallet, `${wallet}.copy`);
    expect(await changePin(site, wallet)).toEqual({ kind: 'pin-set' });
    expect((await tap(site, `${wallet}.copy`)).outcome).toEqual(refused('card-superseded'));
    expect((await tap(site, wallet, NEW_PIN)).outcome).toEqual(SERVED);
  });

  it('leaves no old image on the card', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    await changePin(site, wallet);
    const slots = await site.terminal.withCard(wallet, async (reader) =>
      (await reader.waitForCard()).readSlots(),
    );
    expect(slots[0].every((byte) => byte === 0)).toBe(true);
    expect(currentImage(noble, slots)).toMatchObject({ slot: 1, image: { pinVersion: 2, sequence: 2 } });
  });

  it('that is typed differently the second time changes nothing', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': '999000' });
    const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' });
    expect(outcome).toEqual(refused('new-pin-differs'));
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
  });

  it('that is no PIN, or one that is guessed first, changes nothing', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    for (const [pin, reason] of [
      ['12345', 'new-pin-format'],
      ['123456', 'new-pin-weak'],
      ['password1', 'new-pin-weak'],
    ] as const) {
      const panel = new ScriptedPanel({ pin: PIN, 'new-pin': pin, 'new-pin-again': pin });
      const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' });
      expect(outcome).toEqual(refused(reason));
    }
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
  });

  it('is set by the recovery code when the old one is forgotten, and lifts a lock', async () => {
    const site = await openSite();
    const wallet = await site.buyCard('maria', 'NTAG215');
    const { recoveryCode } = await site.register(wallet, 'maria', PIN);
    for (let i = 0; i < 5; i++) await tap(site, wallet, WRONG_PIN);
    expect((await tap(site, wallet)).outcome).toEqual(refused('card-locked'));
    const answers = { 'recovery-code': recoveryCode ?? '', 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN };
    const { outcome } = await site.tap({
      wallet,
      hub: 'goa-01',
      panel: new ScriptedPanel(answers),
      goal: 'recover',
    });
    expect(outcome).toEqual({ kind: 'pin-set' });
    expect((await tap(site, wallet, NEW_PIN)).outcome).toEqual(SERVED);
  });

  it('is not set by a wrong recovery code, which no hub ever sees', async () => {
    const network = new ChaosNetwork(surroundings.network, (run) => run());
    const site = await openSite({ terminalSurroundings: { network } });
    const wallet = await registeredCard(site);
    const toHub: number[] = [];
    network.chaos = (direction, chunk) => {
      if (direction === 'toHub') toHub.push(chunk);
      return undefined;
    };
    const panel = new ScriptedPanel({ 'recovery-code': '00000-00000-00000-00000' });
    const { outcome } = await site.tap({ wallet, hub: 'goa-01', panel, goal: 'recover' });
    expect(outcome).toEqual(refused('wrong-recovery-code'));
    expect(toHub).toEqual([]);
  });
});
