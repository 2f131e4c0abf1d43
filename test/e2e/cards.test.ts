import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ScriptedPanel } from '../../demo/scripted-panel.ts';
import type { Site } from '../../demo/site.ts';
import { faults } from '../../hardware/sim/faults.ts';
import { blankNtag } from '../../hardware/sim/ntag-models.ts';
import { blankSmartCard } from '../../hardware/sim/virtual-iso-dep.ts';
import { openSite, PIN, registeredCard } from './open-site.ts';

const UID = Uint8Array.of(0x04, 1, 2, 3, 4, 5, 6);
/** The first bytes of slots A and B in the dump of a tag (PROTOCOL 2.2): four pages, the TLV's and the record's head. */
const SLOT_A = 16 + 4 + 24;
const SLOT_B = SLOT_A + 216;

async function tap(site: Site, wallet: string) {
  return (await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: PIN }) })).outcome;
}

/** A dump as a card in the wallet. */
async function cardOf(site: Site, name: string, dump: Uint8Array): Promise<string> {
  const wallet = join(site.folderOf('wallet'), name);
  await writeFile(wallet, dump);
  return wallet;
}

/** A tag that holds an NDEF text record, as a phone would write it. */
function textTag(): Uint8Array {
  const dump = blankNtag('NTAG215', UID);
  dump.set([0x03, 0x09, 0xd1, 0x01, 0x05, 0x54, 0x02, 0x65, 0x6e, 0x68, 0x69, 0xfe], 16);
  return dump;
}

describe('a card that is not one of ours', () => {
  it('is named for what it is, and the terminal is ready for the next', async () => {
    const site = await openSite();
    const good = await registeredCard(site);
    const cases: readonly (readonly [string, Uint8Array, string])[] = [
      ['blank', blankNtag('NTAG215', UID), 'card-blank'],
      ['text', textTag(), 'card-foreign'],
      ['small', blankNtag('NTAG213', UID), 'card-unsupported'],
      ['smart card without an image', blankSmartCard(UID, 512), 'card-blank'],
    ];
    for (const [name, dump, reason] of cases) {
      const wallet = await cardOf(site, name, dump);
      expect([name, await tap(site, wallet)]).toEqual([name, { kind: 'refused', reason }]);
      expect(new Uint8Array(await readFile(wallet))).toEqual(dump);
    }
    expect(await tap(site, good)).toEqual({ kind: 'served' });
  });

  it('and holds random bytes is refused, whatever they are', async () => {
    const site = await openSite();
    for (let i = 0; i < 8; i++) {
      const dump = blankNtag('NTAG216', UID);
      dump.set(randomBytes(400), 16);
      expect(await tap(site, await cardOf(site, `random ${i}`, dump))).toMatchObject({ kind: 'refused' });
    }
  });
});

describe('a damaged card', () => {
  it('with one torn slot goes on with the other', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const panel = new ScriptedPanel({ pin: PIN, 'new-pin': '735208', 'new-pin-again': '735208' });
    const before = new Uint8Array(await readFile(wallet));
    await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' });
    const dump = new Uint8Array(await readFile(wallet));
    dump.set(before.subarray(SLOT_A, SLOT_A + 100), SLOT_A);
    await writeFile(wallet, dump);
    const after = await site.tap({ wallet, hub: 'goa-01', panel: new ScriptedPanel({ pin: '735208' }) });
    expect(after.outcome).toEqual({ kind: 'served' });
  });

  it('with no whole slot is told as damaged', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const dump = new Uint8Array(await readFile(wallet));
    dump.fill(0xff, SLOT_A + 40, SLOT_A + 44);
    dump.fill(0xff, SLOT_B + 40, SLOT_B + 44);
    await writeFile(wallet, dump);
    expect(await tap(site, wallet)).toEqual({ kind: 'refused', reason: 'card-damaged' });
  });
});

describe('a card that is taken away', () => {
  it('at any moment of a tap loses nothing, and the next tap works', async () => {
    const site = await openSite();
    const wallet = await registeredCard(site);
    const whole = await readFile(wallet);
    const { chip } = site.terminal.virtual;
    const outcomes = new Set<string>();
    for (let nth = 1; nth <= 12; nth++) {
      chip.faults.inject(faults.status(0x01), { nth, times: 40 });
      const outcome = await tap(site, wallet);
      chip.faults.clear();
      outcomes.add(outcome.kind === 'refused' ? outcome.reason : outcome.kind);
      expect(await readFile(wallet)).toEqual(whole);
      expect(await tap(site, wallet)).toEqual({ kind: 'served' });
    }
    for (const outcome of outcomes) {
      expect(['served', 'card-removed', 'card-unreadable', 'reader-lost']).toContain(outcome);
    }
    expect(outcomes.size).toBeGreaterThan(1);
  });
});
