import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CardReader } from '../../hardware/card-reader.ts';
import { CardTooSmallError, ReaderLostError, ReaderPathError } from '../../hardware/errors.ts';
import { openReader } from '../../hardware/reader-path.ts';
import { blankNtag } from '../../hardware/sim/ntag-models.ts';
import { blankSmartCard } from '../../hardware/sim/virtual-iso-dep.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { image } from './card-images.ts';
import { OTHER_UID, UID } from './rig.ts';

let folder = '';
let clock = new SimulatedClock();
let reader: CardReader | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardea-reader-'));
  clock = new SimulatedClock();
});

afterEach(async () => {
  if (reader !== undefined) await clock.advanceUntil(reader.close());
  reader = undefined;
  await rm(folder, { recursive: true });
});

const open = (path: string) => {
  reader = openReader(path, { clock });
  return reader;
};

describe('sim:FILE', () => {
  it('is a reader on which the card in FILE lies for as long as FILE is there', async () => {
    const file = join(folder, 'card.bin');
    const virtual = open(`sim:${file}`);
    await clock.advanceUntil(virtual.ready());
    const waiting = virtual.waitForCard();
    await clock.advance(1_000);
    await writeFile(file, blankNtag('NTAG215', UID));
    const card = await clock.advanceUntil(waiting);
    expect(card.uid).toEqual(UID);
    await clock.advanceUntil(card.format());
    await clock.advanceUntil(card.writeSlot(0, image(1)));
    await rename(file, join(folder, 'pocket.bin'));
    await clock.advanceUntil(virtual.waitForRemoval());
    await rename(join(folder, 'pocket.bin'), file);
    const again = await clock.advanceUntil(virtual.waitForCard());
    expect((await clock.advanceUntil(again.readSlots()))[0].slice(0, 215)).toEqual(image(1));
  });

  it('takes each kind of card by the size of its file', async () => {
    const small = join(folder, 'small.bin');
    await writeFile(small, blankNtag('NTAG213', UID));
    const tag = await clock.advanceUntil(open(`sim:${small}`).waitForCard());
    await expect(clock.advanceUntil(tag.format())).rejects.toThrow(CardTooSmallError);
    await clock.advanceUntil(reader?.close() ?? Promise.resolve());
    const smart = join(folder, 'smart.bin');
    await writeFile(smart, blankSmartCard(OTHER_UID, 600));
    const card = await clock.advanceUntil(open(`sim:${smart}`).waitForCard());
    expect([card.kind, card.uid]).toEqual(['ISO-DEP card', OTHER_UID]);
  });
});

describe('--reader', () => {
  it.each(['', 'ttyUSB0', 'sim:', 'COM1', 'usb'])('"%s" names no reader', (path) => {
    expect(() => openReader(path, { clock })).toThrow(ReaderPathError);
  });

  it('names a port that is not there: told, and looked for again', async () => {
    const lost = open(join(folder, 'ttyUSB0'));
    await expect(clock.advanceUntil(lost.ready())).rejects.toThrow(ReaderLostError);
    await expect(clock.advanceUntil(lost.ready())).rejects.toThrow(/no reader at .*ttyUSB0/);
  });
});
