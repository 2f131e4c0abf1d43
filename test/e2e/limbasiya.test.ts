import { copyFile, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site, SiteOptions } from '../../demo/site.ts';
import { tapOnce } from '../../device/serve-taps.ts';
import { assembleTerminal } from '../../device/tap-tools.ts';
import { currentImage } from '../../protocol/card-slots.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { systemClock } from '../../runtime/clock.ts';
import type { Network } from '../../runtime/network.ts';
import { ChaosNetwork } from '../support/chaos-network.ts';
import { hurriedClock } from '../support/hurried-clock.ts';
import { openSite, surroundings } from './open-site.ts';

const IDENTITY = 'maria';
const PASSWORD = 'monsoon in june';
const SERVED = { kind: 'served' };
const refused = (reason: string) => ({ kind: 'refused', reason });

async function openOlderSite(options: Partial<SiteOptions> & { readonly hubs?: readonly string[] } = {}) {
  return await openSite({ allow: 'limbasiya-2021', ...options });
}

/** A patient's card under limbasiya-2021. @returns its place in the wallet */
async function olderCard(site: Site, name = 'maria'): Promise<string> {
  const wallet = await site.buyCard(name, 'NTAG216');
  await site.registerLimbasiya(wallet, name, { identity: IDENTITY, password: PASSWORD });
  return wallet;
}

/** Taps, and gives how it ended, all that the patient read, and each step's note. */
async function tap(
  site: Site,
  wallet: string,
  answers: ConstructorParameters<typeof ScriptedPanel>[0] = {},
  where: { readonly hub?: string; readonly goal?: 'serve' | 'new-pin' | 'recover' } = {},
) {
  const read: string[] = [];
  const panel = new ScriptedPanel({ identity: IDENTITY, password: PASSWORD, ...answers }, (_sign, lines) =>
    read.push(...lines),
  );
  const { outcome, steps } = await site.tap({ wallet, panel, ...where });
  const note = (name: string) => steps.find(({ step }) => step === name)?.note;
  return { outcome, read, steps: steps.map(({ step }) => step), note };
}

/** The network of a terminal, which counts what is sent to anybody. */
function countingNetwork() {
  return new ChaosNetwork(surroundings.network, (run) => run());
}

describe('a tap with a limbasiya-2021 card', () => {
  it('logs in at the hub that the patient chooses of the card', async () => {
    const site = await openOlderSite({ hubs: ['goa-01', 'pune-02'] });
    const wallet = await olderCard(site);
    for (const choice of ['goa-01', 'pune-02']) {
      const { outcome, read, note } = await tap(site, wallet, { choice });
      expect(outcome).toEqual(SERVED);
      expect(read).toContain(`Welcome to Location of ${choice}.`);
      expect(note('inform')).toMatch(new RegExp(`^${choice} serves the patient, for [0-9]+ s more$`));
    }
  });

  it('takes the hub that the terminal is set to, or the only one, without a choice', async () => {
    const site = await openOlderSite({ hubs: ['goa-01', 'pune-02'] });
    const wallet = await olderCard(site);
    expect((await tap(site, wallet, {}, { hub: 'pune-02' })).note('choose-hub')).toContain('pune-02');
    const alone = await openOlderSite();
    expect((await tap(alone, await olderCard(alone))).outcome).toEqual(SERVED);
  });

  it('ends where nothing is chosen, and where the card does not list the hub', async () => {
    const site = await openOlderSite({ hubs: ['goa-01', 'pune-02'] });
    const wallet = await olderCard(site);
    expect((await tap(site, wallet)).outcome).toEqual(refused('cancelled'));
    expect((await tap(site, wallet, {}, { hub: 'agra-03' })).outcome).toEqual(refused('hub-not-on-card'));
  });

  it('goes on where the registration centre cannot be reached', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
    await site.stopRc();
    const { outcome, note } = await tap(site, wallet);
    expect(outcome).toEqual(SERVED);
    expect(note('refresh-list')).toMatch(/^not refreshed, the card's list serves: /);
  });

  it('goes on where the registration centre says nothing at all', async () => {
    const silent: Network = {
      listen: surroundings.network.listen,
      connect: async (address, options) =>
        address.port === site.rcAddress.port
          ? await new Promise<never>(() => undefined)
          : await surroundings.network.connect(address, options),
    };
    const site: Site = await openOlderSite({
      terminalSurroundings: { network: silent, clock: hurriedClock(20) },
    });
    const { outcome, note } = await tap(site, await olderCard(site));
    expect(outcome).toEqual(SERVED);
    expect(note('refresh-list')).toMatch(/^not refreshed/);
  });

  it('works at a terminal that has joined no network: the hub is believed for sigma', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    const folder = site.folderOf('stranger');
    const atStranger = (answers = {}) =>
      site.terminal.withCard(wallet, async (reader) => {
        const panel = new ScriptedPanel({ identity: IDENTITY, password: PASSWORD, ...answers });
        const parts = {
          surroundings,
          folder,
          hub: undefined,
          reader,
          panel,
          allow: 'limbasiya-2021',
        } as const;
        return (await tapOnce((await assembleTerminal(parts)).tools, 'serve')).outcome;
      });
    expect(await atStranger()).toEqual(SERVED);
    const goa = await site.stopHub('goa-01');
    const impostor = await openOlderSite({ hubs: ['pune-02'] });
    await impostor.stopHub('pune-02');
    await impostor.startHub('pune-02', goa);
    expect(await atStranger()).toEqual(refused('hub-untrusted'));
  });

  it('is possible at a hub that joined later: the list is refreshed and written back', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    await site.addHub('pune-02', 'Pune');
    const later = await tap(site, wallet, { choice: 'pune-02' });
    expect(later.outcome).toEqual(SERVED);
    expect(later.note('write-list')).toContain('slot B');
    expect(later.note('clear-old-image')).toContain('slot A cleared');
    const slots = await site.terminal.withCard(wallet, async (reader) =>
      (await reader.waitForCard()).readSlots(),
    );
    expect(currentImage(noble, slots)).toMatchObject({ slot: 1, image: { suite: 1, sequence: 2 } });
    expect(slots[0].every((byte) => byte === 0)).toBe(true);
    await site.stopRc();
    expect((await tap(site, wallet, { choice: 'pune-02' })).outcome).toEqual(SERVED);
  });

  it('uses a newer list that the card has no room for, and leaves the card as it is', async () => {
    const site = await openOlderSite();
    const wallet = await site.buyCard('maria', 'NTAG215');
    await site.registerLimbasiya(wallet, 'maria', { identity: IDENTITY, password: PASSWORD });
    const before = await readFile(wallet);
    await site.addHub('pune-02', 'Pune');
    const { outcome, note } = await tap(site, wallet, { choice: 'pune-02' });
    expect(outcome).toEqual(SERVED);
    expect(note('write-list')).toMatch(/^the card keeps its older list: .* 232 bytes/);
    expect(await readFile(wallet)).toEqual(before);
  });
});

describe('a wrong identity or password', () => {
  it('are refused alike, by the terminal alone: nothing is sent, and nobody counts', async () => {
    const network = countingNetwork();
    const site = await openOlderSite({ terminalSurroundings: { network } });
    const wallet = await olderCard(site);
    const before = await readFile(wallet);
    const identity = await tap(site, wallet, { identity: 'mario' });
    const password = await tap(site, wallet, { password: 'monsoon in july' });
    expect(identity).toMatchObject({ outcome: refused('wrong-credentials') });
    expect([identity.outcome, identity.read, identity.steps, identity.note('open-card')]).toEqual([
      password.outcome,
      password.read,
      password.steps,
      password.note('open-card'),
    ]);
    for (let i = 0; i < 12; i++) await tap(site, wallet, { password: `guess ${i}` });
    expect(network.connections).toBe(0);
    expect(await readFile(wallet)).toEqual(before);
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
  });

  it('that are empty end the tap', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    expect((await tap(site, wallet, { password: '' })).outcome).toEqual(refused('credentials-format'));
  });
});

describe('a clock outside ΔT', () => {
  it.each([
    [90_000, /^The terminal's is 9[0-9]\.\d s ahead\.$/],
    [-90_000, /^The terminal's is [89][0-9]\.\d s behind\.$/],
  ] as const)('of %i ms is told with how much it differs', async (offset, line) => {
    const clock = { ...systemClock, now: () => systemClock.now() + offset };
    const site = await openOlderSite({ terminalSurroundings: { clock } });
    const wallet = await olderCard(site);
    const { outcome, read, note } = await tap(site, wallet);
    expect(outcome).toMatchObject(refused('clocks-differ'));
    expect(read).toContainEqual(expect.stringMatching(line));
    expect(note('refresh-list')).toMatch(/^not refreshed/);
  });
});

describe('a terminal or a hub that was not told to take limbasiya-2021', () => {
  it('refuses the card before it asks for anything', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    const panel = new ScriptedPanel({ identity: IDENTITY, password: PASSWORD });
    site.allow = undefined;
    const { outcome, steps } = await site.tap({ wallet, hub: 'goa-01', panel });
    expect(outcome).toEqual(refused('suite-refused'));
    expect(steps.map(({ step }) => step)).toEqual(['read-card']);
  });

  it('is no hub for such a card', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    const address = await site.stopHub('goa-01');
    site.allow = undefined;
    await site.startHub('goa-01', address);
    site.allow = 'limbasiya-2021';
    const { outcome, read } = await tap(site, wallet);
    expect(outcome).toEqual(refused('hub-unsupported'));
    expect(read).toContain('The clinic does not take this kind of card.');
  });
});

describe('a revoked card', () => {
  it('is let in until the hub asks for its list again', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
    const [card] = (await site.operator.cards()).cards;
    await site.operator.revokeCard(card?.uid ?? '', 'stolen');
    expect((await tap(site, wallet)).outcome).toEqual(SERVED);
    await site.startHub('goa-01', await site.stopHub('goa-01'));
    const { outcome, read } = await tap(site, wallet);
    expect(outcome).toEqual(refused('hub-refused'));
    expect(read).toContain('The clinic did not let you in.');
  });
});

describe('a new password', () => {
  const NEW = { 'new-password': 'dry until may', 'new-password-again': 'dry until may' };
  const changed = { goal: 'new-pin' } as const;

  it('is set on the card alone, and leaves nothing of the old one there', async () => {
    const network = countingNetwork();
    const site = await openOlderSite({ terminalSurroundings: { network } });
    const wallet = await olderCard(site);
    await copyFile(wallet, `${wallet}.copy`);
    expect((await tap(site, wallet, NEW, changed)).outcome).toEqual({ kind: 'pin-set' });
    expect(network.connections).toBe(0);
    expect((await tap(site, wallet)).outcome).toEqual(refused('wrong-credentials'));
    expect((await tap(site, wallet, { password: 'dry until may' })).outcome).toEqual(SERVED);
    expect((await tap(site, `${wallet}.copy`)).outcome).toEqual(SERVED);
  });

  it('that is typed differently the second time, or after a wrong one, changes nothing', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    const before = await readFile(wallet);
    const differs = { ...NEW, 'new-password-again': 'dry until june' };
    expect((await tap(site, wallet, differs, changed)).outcome).toEqual(refused('new-password-differs'));
    const wrong = { ...NEW, password: 'monsoon in july' };
    expect((await tap(site, wallet, wrong, changed)).outcome).toEqual(refused('wrong-credentials'));
    const empty = { 'new-password': '', 'new-password-again': '' };
    expect((await tap(site, wallet, empty, changed)).outcome).toEqual(refused('new-password-format'));
    expect(await readFile(wallet)).toEqual(before);
  });

  it('is not to be had by a recovery code: there is none', async () => {
    const site = await openOlderSite();
    const wallet = await olderCard(site);
    const { outcome } = await tap(site, wallet, {}, { goal: 'recover' });
    expect(outcome).toEqual(refused('no-recovery-code'));
  });
});
