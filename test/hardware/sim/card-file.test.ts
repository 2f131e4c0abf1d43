import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cardInFile, FileField } from '../../../hardware/sim/card-file.ts';
import { CardGoneError } from '../../../hardware/sim/card-memory.ts';
import { HandField } from '../../../hardware/sim/field.ts';
import { blankNtag } from '../../../hardware/sim/ntag-models.ts';
import { SimPrompt } from '../../../hardware/sim/sim-prompt.ts';
import { blankSmartCard, NotASmartCardError } from '../../../hardware/sim/virtual-iso-dep.ts';
import { VirtualPn532 } from '../../../hardware/sim/virtual-pn532.ts';
import { SimulatedClock } from '../../../runtime/simulated-clock.ts';
import { bytes, Host, hex, UID } from './host.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cardea-card-'));
  file = join(folder, 'card');
});

afterEach(() => rmSync(folder, { recursive: true }));

const TAG = blankNtag('NTAG215', bytes(UID));

describe('a card in a file', () => {
  it.each([
    [180, 'NTAG213'],
    [540, 'NTAG215'],
    [924, 'NTAG216'],
    [541, 'ISO-DEP'],
    [439, 'ISO-DEP'],
  ])('of %i bytes is an %s', (size, kind) => {
    writeFileSync(file, new Uint8Array(size));
    expect(cardInFile(file).kind).toBe(kind);
  });

  it('is none where the file is missing, too small or too large', () => {
    expect(() => cardInFile(file)).toThrow(CardGoneError);
    for (const size of [0, 8, 7 + 0x8000]) {
      writeFileSync(file, new Uint8Array(size));
      expect(() => cardInFile(file)).toThrow(NotASmartCardError);
      expect(new FileField(file).card()).toBeNull();
    }
    rmSync(file);
    mkdirSync(file);
    expect(new FileField(file).card()).toBeNull();
  });

  it('lies on the reader while the file exists, as one card', () => {
    const field = new FileField(file);
    expect(field.card()).toBeNull();
    writeFileSync(file, TAG);
    const card = field.card();
    expect(card).not.toBeNull();
    expect(field.card()).toBe(card);
    unlinkSync(file);
    expect(field.card()).toBeNull();
  });

  it('is another card when another file, or another UID, takes its place', () => {
    const field = new FileField(file);
    writeFileSync(file, TAG);
    const first = field.card();
    writeFileSync(`${file}.other`, TAG);
    renameSync(`${file}.other`, file);
    const second = field.card();
    expect(second).not.toBe(first);
    writeFileSync(file, blankNtag('NTAG215', bytes('04111111111111')));
    expect(field.card()).not.toBe(second);
  });
});

describe('a reader with a card in a file', () => {
  function reader() {
    const host = new Host(new VirtualPn532({ clock: new SimulatedClock(), field: new FileField(file) }));
    host.start();
    return host;
  }

  it('writes page by page into the file, and reads what stands there', () => {
    writeFileSync(file, TAG);
    const host = reader();
    host.ask('4a 01 00');
    expect(host.ask('40 01 a2 04 01020304')).toBe('4100');
    expect(hex(readFileSync(file).subarray(16, 24))).toBe('0102030400000000');
    expect(host.ask('40 01 a2 05 05060708')).toBe('4100');
    expect(hex(readFileSync(file).subarray(16, 24))).toBe('0102030405060708');
    expect(readFileSync(file)).toHaveLength(540);
    expect(host.ask('40 01 30 04')).toBe('410001020304050607080000000000000000');
  });

  it('writes a smart card behind its UID', () => {
    writeFileSync(file, blankSmartCard(bytes(UID), 432));
    const host = reader();
    host.ask('4a 01 00');
    host.ask('40 01 00a4040007f0434152444541');
    expect(host.ask('40 01 00d6000004deadbeef')).toBe('41009000');
    expect(hex(readFileSync(file).subarray(0, 12))).toBe(`${UID}deadbeef00`);
  });

  it('sees the card go and come with the file, and never makes it', () => {
    writeFileSync(file, TAG);
    const host = reader();
    host.ask('4a 01 00');
    renameSync(file, `${file}.away`);
    expect(host.ask('40 01 30 04')).toBe('4101');
    expect(host.ask('40 01 a2 04 01020304')).toBe('4101');
    expect(host.ask('4a 01 00')).toBe('4b00');
    expect(existsSync(file)).toBe(false);
    renameSync(`${file}.away`, file);
    expect(host.ask('40 01 30 04')).toBe('4127');
    expect(host.ask('4a 01 00')).toMatch(/^4b01/);
  });

  it('answers nothing when its file cannot be read or written any more', () => {
    writeFileSync(file, TAG);
    const field = new HandField();
    field.put(cardInFile(file));
    const host = new Host(new VirtualPn532({ clock: new SimulatedClock(), field }));
    host.start();
    host.ask('4a 01 00');
    rmSync(file);
    mkdirSync(file);
    expect(host.ask('40 01 a2 04 01020304')).toBe('4101');
    expect(host.ask('4a 01 00')).toBe('4b00');
  });

  it('takes a file that was cut short for no card', () => {
    writeFileSync(file, TAG);
    const host = reader();
    host.ask('4a 01 00');
    writeFileSync(file, TAG.subarray(0, 5));
    expect(host.ask('40 01 30 04')).toBe('4101');
    expect(host.ask('4a 01 00')).toBe('4b00');
  });
});

describe('the prompt of the simulator', () => {
  const prompt = () => new SimPrompt((length) => new Uint8Array(length).fill(0x11));

  it('makes a factory-fresh card, lays it down and takes it away', () => {
    const field = prompt();
    expect(field.card()).toBeNull();
    expect(field.say(`blank ${file} NTAG216`)).toContain('A factory-fresh NTAG216');
    expect(readFileSync(file)).toEqual(Buffer.from(blankNtag('NTAG216', bytes('04111111111111'))));
    expect(field.say(`put ${file}`)).toContain('The NTAG216');
    field.say('take');
    expect(field.card()).toBeNull();
    expect(existsSync(file)).toBe(true);
  });

  it.each([
    ['NTAG213', 180],
    ['NTAG215', 540],
    ['ISO-DEP', 439],
  ])('makes an %s', (kind, size) => {
    prompt().say(`blank ${file} ${kind}`);
    expect(readFileSync(file)).toHaveLength(size);
  });

  it('overwrites no card', () => {
    writeFileSync(file, 'mine');
    expect(prompt().say(`blank ${file}`)).toContain('stays as it is');
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('says what is wrong, and leaves the card that lies there', () => {
    const field = prompt();
    field.say(`blank ${file}`);
    field.say(`put ${file}`);
    expect(field.say(`put ${file}.missing`)).toContain('There is no file');
    writeFileSync(`${file}.short`, 'x');
    expect(field.say(`put ${file}.short`)).toContain('7 bytes UID');
    expect(field.say('blank x MIFARE')).toContain('KIND');
    expect(field.say('wave')).toContain('take');
    expect(field.say('put')).toContain('put FILE');
    expect(field.say('')).toBe('');
    expect(field.card()).not.toBeNull();
    expect(field.say('quit')).toBeNull();
  });
});
