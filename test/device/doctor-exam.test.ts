import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Site } from '../../demo/site.ts';
import { type Exam, examine } from '../../device/doctor/examine.ts';
import type { Finding } from '../../device/doctor/finding.ts';
import { SYSTEM_PATHS } from '../../device/doctor/gather-port.ts';
import { STANDARD_PARTS } from '../../hardware/panel/panel-parts.ts';
import { blankNtag } from '../../hardware/sim/ntag-models.ts';
import { formatAddress } from '../../runtime/address.ts';
import { openSite, registeredCard, surroundings } from '../e2e/open-site.ts';
import { compiled } from '../support/programs.ts';

const UID = Uint8Array.of(0x04, 1, 2, 3, 4, 5, 6);

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'cardea-doctor-'));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** Everything that was found, `part: verdict`, and what was asked of whoever stands there. */
async function exam(changes: Partial<Exam> & Pick<Exam, 'folder' | 'reader'>) {
  const asked: string[] = [];
  const told: Finding[] = [];
  const findings = await examine({
    surroundings,
    panel: undefined,
    panelParts: STANDARD_PARTS,
    hub: undefined,
    waitMs: 5_000,
    system: SYSTEM_PATHS,
    caller: { pid: process.pid, user: 'clinic' },
    ask: (line) => asked.push(line),
    found: (some) => told.push(...some),
    signal: new AbortController().signal,
    ...changes,
  });
  expect(told).toEqual(findings);
  return { asked, findings, parts: Object.fromEntries(findings.map(({ part, verdict }) => [part, verdict])) };
}

function whatOf(part: string, findings: readonly Finding[]): string {
  const found = findings.find((finding) => finding.part === part);
  return `${found?.what} → ${found?.remedy}`;
}

/** A reader on which a copy of the card in `wallet` lies: the doctor only reads. */
async function readerWith(wallet: string): Promise<string> {
  const file = join(await folder(), 'card');
  await copyFile(wallet, file);
  return `sim:${file}`;
}

async function siteWithCard(): Promise<{ site: Site; reader: string; terminal: string }> {
  const site = await openSite();
  const reader = await readerWith(await registeredCard(site));
  return { site, reader, terminal: site.folderOf('terminal') };
}

const ALL_FINE = {
  'serial-port': 'fine',
  reader: 'fine',
  speed: 'fine',
  antenna: 'fine',
  card: 'fine',
  panel: 'fine',
  membership: 'fine',
  'terminal-certificate': 'fine',
  hub: 'fine',
  'hub-certificate': 'fine',
  'hub-trust': 'fine',
  'registration-centre': 'fine',
};

describe('the doctor at a terminal', () => {
  it('finds nothing wrong where nothing is, and names no patient', async () => {
    const { reader, terminal } = await siteWithCard();
    const { parts, findings, asked } = await exam({ folder: terminal, reader });
    expect(parts).toMatchObject(ALL_FINE);
    expect(whatOf('card', findings)).toMatch(/^NTAG215, registered \(cardea-1\)/);
    expect(asked).toEqual(['Lay a card on the reader, within 5 s …']);
    expect(JSON.stringify(findings)).not.toContain('maria');
  });

  it('changes nothing in the folder, nor on the card', async () => {
    const site = await openSite();
    const terminal = site.folderOf('terminal');
    const file = join(await folder(), 'card');
    const dump = blankNtag('NTAG215', UID);
    await writeFile(file, dump);
    const before = await readdir(terminal, { recursive: true });
    const { parts, findings } = await exam({ folder: terminal, reader: `sim:${file}` });
    expect(parts).toMatchObject({ antenna: 'fine', card: 'fine' });
    expect(whatOf('card', findings)).toMatch(/fresh and ready/);
    expect(await readdir(terminal, { recursive: true })).toEqual(before);
    const nowhere = join(await folder(), 'not-made');
    await exam({ folder: nowhere, reader: `sim:${file}`, hub: '127.0.0.1:1' });
    await expect(readdir(nowhere)).rejects.toThrow('ENOENT');
  });

  it('tells a hub, and a registration centre, that do not answer', async () => {
    const { site, reader, terminal } = await siteWithCard();
    await site.stopHub('goa-01');
    await site.stopRc();
    const { parts, findings } = await exam({ folder: terminal, reader, waitMs: 0 });
    expect(parts).toMatchObject({ hub: 'wrong', 'registration-centre': 'wrong', membership: 'fine' });
    expect(whatOf('hub', findings)).toMatch(/^no hub answers at 127\.0\.0\.1:\d+ → is it running/);
    expect(parts).toMatchObject({ antenna: 'untested', card: 'untested' });
  });

  it('tells a clock that is slow, or fast', async () => {
    const { reader, terminal } = await siteWithCard();
    const shifted = (ms: number) => ({
      ...surroundings,
      clock: { ...surroundings.clock, now: () => surroundings.clock.now() + ms },
    });
    const slow = await exam({ folder: terminal, reader, surroundings: shifted(-30 * 86_400_000) });
    expect(slow.parts).toMatchObject({
      clock: 'wrong',
      'terminal-certificate': 'wrong',
      'hub-certificate': 'wrong',
    });
    const fast = await exam({ folder: terminal, reader, surroundings: shifted(30 * 86_400_000) });
    expect(fast.parts).toMatchObject({ 'hub-certificate': 'wrong' });
    expect(fast.parts).not.toHaveProperty('hub-trust');
  });

  it('lets the card judge a hub where the terminal has joined no network', async () => {
    const { site, reader } = await siteWithCard();
    const hub = formatAddress(site.hub('goa-01').address);
    const alone = await folder();
    const judged = await exam({ folder: alone, reader, hub });
    expect(judged.parts).toMatchObject({
      membership: 'advice',
      'hub-trust': 'fine',
      'registration-centre': 'untested',
    });
    const unjudged = await exam({ folder: alone, reader, hub, waitMs: 0 });
    expect(unjudged.parts).toMatchObject({ hub: 'fine', 'hub-trust': 'untested' });
    const noHub = await exam({ folder: alone, reader, waitMs: 0 });
    expect(noHub.parts).toMatchObject({ hub: 'wrong' });
  });

  it('tells a hub of another network', async () => {
    const { reader } = await siteWithCard();
    const other = await openSite();
    const hub = formatAddress(other.hub('goa-01').address);
    const { parts, findings } = await exam({ folder: await folder(), reader, hub });
    expect(parts).toMatchObject({ hub: 'fine', 'hub-trust': 'wrong' });
    expect(whatOf('hub-trust', findings)).toMatch(/another network/);
  });

  it('tells a folder that is damaged, and one whose key is gone', async () => {
    const { reader, terminal } = await siteWithCard();
    await rm(join(terminal, 'keys'), { recursive: true });
    const keyless = await exam({ folder: terminal, reader, waitMs: 0 });
    expect(keyless.parts).toMatchObject({
      membership: 'wrong',
      hub: 'fine',
      'registration-centre': 'untested',
    });
    await writeFile(join(terminal, 'network.json'), '{"terminalId":');
    const damaged = await exam({ folder: terminal, reader, waitMs: 0 });
    expect(damaged.parts).toMatchObject({ membership: 'wrong' });
  });

  it('does not try a reader whose port is not there', async () => {
    const { parts, findings } = await exam({
      folder: await folder(),
      reader: '/dev/cardea-no-such-port',
      hub: '127.0.0.1:1',
    });
    expect(parts).toMatchObject({ 'serial-port': 'wrong', reader: 'untested', card: 'untested' });
    expect(whatOf('serial-port', findings)).toMatch(/^there is nothing at \/dev\/cardea-no-such-port → plug/);
  });

  it('waits for a card as long as it was told', async () => {
    const { parts, findings } = await exam({
      folder: await folder(),
      reader: `sim:${join(await folder(), 'nothing')}`,
      hub: '127.0.0.1:1',
      waitMs: 300,
    });
    expect(parts).toMatchObject({ reader: 'fine', antenna: 'untested' });
    expect(whatOf('antenna', findings)).toMatch(/^no card was seen/);
  });

  it('ends when it is stopped', async () => {
    const stop = new AbortController();
    const examined = exam({
      folder: await folder(),
      reader: `sim:${join(await folder(), 'nothing')}`,
      ask: () => stop.abort(new Error('stopped')),
      signal: stop.signal,
    });
    await expect(examined).rejects.toThrow('stopped');
  });
});

describe('cardea-device doctor', () => {
  async function run(words: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
    const args = [compiled('device/main'), 'doctor', ...words];
    return await new Promise((resolve) => {
      execFile(process.execPath, args, (error, out, err) => resolve({ code: error?.code ?? 0, out, err }));
    });
  }

  it('exits with 0 when nothing is wrong, and says each finding in a line', async () => {
    const { reader, terminal } = await siteWithCard();
    const { code, out, err } = await run(['--data', terminal, '--reader', reader]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^✓ serial port {10}a virtual reader/);
    expect(out).toMatch(/^✓ hub {18}goa-01 in Location of goa-01 answers/m);
    expect(out.trimEnd().split('\n').at(-1)).toBe('Nothing is wrong.');
  });

  it('prints the frames of the reader with --trace, on stderr', async () => {
    const { reader, terminal } = await siteWithCard();
    const { code, out, err } = await run(['--data', terminal, '--reader', reader, '--trace', '--json']);
    expect(code).toBe(0);
    expect(err).toContain('< d5 03 32 01 06 07');
    expect(JSON.parse(out).wrong).toBe(0);
  });

  it('exits with 1 when something is, which it says in one line on stderr, findings as JSON on stdout', async () => {
    const words = ['--data', await folder(), '--reader', '/dev/cardea-no-such-port', '--hub', '127.0.0.1:1'];
    const { code, out, err } = await run([...words, '--json']);
    expect(code).toBe(1);
    const { findings, wrong } = JSON.parse(out);
    expect(wrong).toBe(2);
    expect(findings[0]).toEqual({
      part: 'serial-port',
      verdict: 'wrong',
      what: 'there is nothing at /dev/cardea-no-such-port',
      remedy: expect.stringContaining('plug the reader in'),
    });
    for (const { part, verdict, what, remedy } of findings) {
      expect([part, verdict, what].every((text) => typeof text === 'string' && text !== '')).toBe(true);
      expect(remedy === null || typeof remedy === 'string').toBe(true);
    }
    expect(err).toBe(
      'cardea-device: something is wrong with serial port, hub: mend it as the findings say, and run this again\n',
    );
  });

  it.each([
    [['--wait', 'long'], 2, /--wait is "long": expected a whole number from 0 to 600/],
    [['--what'], 2, /see "cardea-device doctor --help"/],
  ])('refuses %j with exit code %i', async (words, code, text) => {
    const refused = await run(['--data', await folder(), ...words]);
    expect(refused.code).toBe(code);
    expect(refused.err).toMatch(text);
  });
});
