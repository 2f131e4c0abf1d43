import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cardInFile } from '../../hardware/sim/card-file.ts';
import { commandOf } from '../../hardware/sim/faults.ts';
import { HandField } from '../../hardware/sim/field.ts';
import { blankNtag, NTAG_MODELS, type NtagKind } from '../../hardware/sim/ntag-models.ts';
import { openPseudoTerminal, type PseudoTerminal } from '../../hardware/sim/pseudo-terminal.ts';
import { blankSmartCard } from '../../hardware/sim/virtual-iso-dep.ts';
import { VirtualPn532 } from '../../hardware/sim/virtual-pn532.ts';
import { systemClock } from '../../runtime/clock.ts';
import { describeWith } from '../support/needs.ts';

const NEEDS = {
  socat: 'socat',
  'nfc-list': 'libnfc-bin',
  'nfc-mfultralight': 'libnfc-bin',
  'nfc-poll': 'libnfc-examples',
  'pn53x-diagnose': 'libnfc-pn53x-examples',
};
const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const KINDS: readonly NtagKind[] = ['NTAG213', 'NTAG215', 'NTAG216'];

describeWith(NEEDS, "Debian's libnfc on the virtual PN532", () => {
  let folder: string;
  let field: HandField;
  let chip: VirtualPn532;
  let terminal: PseudoTerminal;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cardea-libnfc-'));
    field = new HandField();
    chip = new VirtualPn532({ clock: systemClock, field });
    terminal = await openPseudoTerminal(chip);
  });

  afterEach(async () => {
    await terminal.close();
    rmSync(folder, { recursive: true });
  });

  /** Lays a card with this memory on the reader; its file. */
  function put(dump: Uint8Array): string {
    const file = join(folder, 'card');
    writeFileSync(file, dump);
    field.put(cardInFile(file));
    return file;
  }

  /** Runs a tool on the virtual reader: its exit code, and all it said, runs of blanks made one. */
  function run(
    program: string,
    args: readonly string[],
    input = '',
  ): Promise<{ code: number; said: string }> {
    const env = { ...process.env, LIBNFC_DEFAULT_DEVICE: `pn532_uart:${terminal.path}` };
    return new Promise((resolve, reject) => {
      const tool = spawn(program, args, { env, stdio: 'pipe' });
      let said = '';
      tool.stdout.on('data', (text: Buffer) => {
        said += text.toString();
      });
      tool.stderr.on('data', (text: Buffer) => {
        said += text.toString();
      });
      tool.once('error', reject);
      tool.once('close', (code) => resolve({ code: code ?? -1, said: said.replaceAll(/[ \t]+/g, ' ') }));
      tool.stdin.on('error', () => {});
      tool.stdin.end(input);
    });
  }

  /** Resolves when the chip is given a command of this code. */
  function commanded(code: number): Promise<void> {
    return new Promise((resolve) => {
      chip.faults.inject({ before: resolve }, { which: commandOf(code) });
    });
  }

  it.each(KINDS)('nfc-list names an %s by its UID and finds no other kind of card', async (kind) => {
    put(blankNtag(kind, UID));
    const { code, said } = await run('nfc-list', ['-v']);
    expect(code).toBe(0);
    expect(said).toContain('1 ISO14443A passive target(s) found');
    expect(said).toContain('UID (NFCID1): 04 a1 b2 c3 d4 e5 f6');
    expect(said).toContain('SAK (SEL_RES): 00');
    expect(said).toContain('* MIFARE Ultralight');
    expect(said).toContain('0 ISO14443B passive target(s) found');
    expect(said).toContain('0 Felica (212 kbps) passive target(s) found');
  });

  it('nfc-list names a smart card with its ATS', async () => {
    put(blankSmartCard(UID, 432));
    const { code, said } = await run('nfc-list', ['-v']);
    expect(code).toBe(0);
    expect(said).toContain('UID (NFCID1): 04 a1 b2 c3 d4 e5 f6');
    expect(said).toContain('SAK (SEL_RES): 20');
    expect(said).toContain('ATS: 75 77 81 02 80');
  });

  it('nfc-list finds nothing on an empty reader, and opens it again after it had put the chip to sleep', async () => {
    expect((await run('nfc-list', ['-v'])).said).toContain('0 ISO14443A passive target(s) found');
    expect(chip.state).toBe('asleep');
    put(blankNtag('NTAG215', UID));
    expect((await run('nfc-list', ['-v'])).said).toContain('1 ISO14443A passive target(s) found');
  });

  it.each([
    ['an NTAG215', blankNtag('NTAG215', UID), 0x40],
    ['a smart card', blankSmartCard(UID, 432), 0x42],
  ])('nfc-poll sees %s come and go', async (_, dump, presenceCommand) => {
    const polling = commanded(0x60);
    const watching = commanded(presenceCommand);
    const tool = run('nfc-poll', []);
    await polling;
    put(dump);
    await watching;
    field.take();
    const { code, said } = await tool;
    expect(code).toBe(0);
    expect(said).toContain('UID (NFCID1): 04 a1 b2 c3 d4 e5 f6');
    expect(said).toContain('Waiting for card removing');
    expect(said).toContain('done.');
  });

  it.each(KINDS)('nfc-mfultralight reads an %s as its file has it, but for PWD and PACK', async (kind) => {
    const dump = filled(kind);
    put(dump);
    const copy = join(folder, 'copy');
    const { code, said } = await run('nfc-mfultralight', ['r', copy]);
    expect(code).toBe(0);
    const { pages } = NTAG_MODELS[kind];
    expect(said).toContain(`Done, ${pages} of ${pages} pages read (0 pages failed).`);
    expect(readFileSync(copy)).toEqual(Buffer.from(dump.fill(0, (pages - 2) * 4)));
  });

  it.each(KINDS)("nfc-mfultralight writes an %s's pages into its file", async (kind) => {
    const file = put(blankNtag(kind, UID));
    const source = join(folder, 'source');
    writeFileSync(source, filled(kind));
    const { code, said } = await run('nfc-mfultralight', ['w', source], 'n\n'.repeat(4));
    expect(code).toBe(0);
    const { pages } = NTAG_MODELS[kind];
    expect(said).toContain(`${pages - 5} of ${pages} pages written (5 pages skipped, 0 pages failed)`);
    expect(readFileSync(file)).toEqual(Buffer.from(filled(kind)));
  });

  it('nfc-mfultralight reads a protected tag with its password, and only with it', async () => {
    const dump = filled('NTAG215');
    const { dynamicLockPage } = NTAG_MODELS.NTAG215;
    dump.set([0x04], (dynamicLockPage + 1) * 4 + 3);
    dump.set([0x80], (dynamicLockPage + 2) * 4);
    dump.set([0x12, 0x34, 0x56, 0x78], (dynamicLockPage + 3) * 4);
    put(dump);
    const copy = join(folder, 'copy');
    expect((await run('nfc-mfultralight', ['r', copy])).said).toContain('4 of 135 pages read');
    const { said } = await run('nfc-mfultralight', ['r', copy, '--pw', '12345678']);
    expect(said).toContain('135 of 135 pages read');
    // Where PWD and PACK are, the tool itself puts the password that it was given.
    const pwd = (dynamicLockPage + 3) * 4;
    expect(readFileSync(copy).subarray(0, pwd)).toEqual(Buffer.from(dump.subarray(0, pwd)));
  });

  it('pn53x-diagnose passes its tests', async () => {
    const { code, said } = await run('pn53x-diagnose', []);
    expect(code).toBe(0);
    expect(said).toContain('Communication line test: OK');
    expect(said).toContain('ROM test: OK');
    expect(said).toContain('RAM test: OK');
  });
});

/** A tag with something on each of its user pages. */
function filled(kind: NtagKind): Uint8Array {
  const dump = blankNtag(kind, UID);
  const end = NTAG_MODELS[kind].dynamicLockPage * 4;
  for (let at = 16; at < end; at++) dump[at] = (at * 7) & 0xff;
  return dump;
}
