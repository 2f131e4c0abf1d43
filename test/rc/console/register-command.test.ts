import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { blankNtag } from '../../../hardware/sim/ntag-models.ts';
import { cardSummary } from '../../../protocol/rc-api/cards.ts';
import { parseRecoveryCode } from '../../../protocol/recovery-code.ts';
import { initRc } from '../../../rc/init.ts';
import { createRcProgram } from '../../../rc/program.ts';
import { serveRc } from '../../../rc/serve.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { runCommandLine } from '../../../runtime/command-line.ts';
import { silentLog } from '../../../runtime/pino-log.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { UID } from '../../hardware/rig.ts';
import { FakeInput, FakeOutput } from '../../runtime/fake-io.ts';
import { temporaryFolder } from '../../runtime/temporary-folder.ts';
import { LOOPBACK } from '../running-rc.ts';

/** Reader, serial line and registration centre go by the machine's clock here. */
const surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/** A registration centre that serves, with a new card on the desk's reader. */
class Desk {
  readonly folder = temporaryFolder();
  readonly data = join(this.folder, 'rc');
  readonly card = join(this.folder, 'card.bin');
  readonly recoveryOut = join(this.folder, 'code.txt');

  static async open(): Promise<Desk> {
    const desk = new Desk();
    await initRc({ surroundings, folder: desk.data, address: LOOPBACK });
    const rc = await serveRc({ surroundings, folder: desk.data, listen: LOOPBACK });
    onTestFinished(() => rc.close());
    writeFileSync(desk.card, blankNtag('NTAG215', UID));
    return desk;
  }

  /** Runs `cardea-rc card register WORDS`, with `typed` on the terminal or, with --pin-stdin, on the pipe. */
  async register(typed: string, ...words: string[]) {
    const terminal = !words.includes('--pin-stdin');
    const stdin = new FakeInput(terminal ? 'terminal' : 'pipe');
    const stdout = Object.assign(new FakeOutput(), { isTTY: terminal });
    const io = { stdin, stdout, stderr: new FakeOutput(), environment: {} };
    const program = createRcProgram({ io, surroundings: () => surroundings });
    stdin.end(typed);
    const all = [
      'card',
      'register',
      '--data',
      this.data,
      '--reader',
      `sim:${this.card}`,
      '--log-n',
      '0',
      ...words,
    ];
    const code = await runCommandLine(program, all, io);
    return { code, out: stdout.text, err: io.stderr.text };
  }

  async cards(): Promise<string> {
    const io = {
      stdin: new FakeInput('pipe'),
      stdout: new FakeOutput(),
      stderr: new FakeOutput(),
      environment: {},
    };
    const program = createRcProgram({ io, surroundings: () => surroundings });
    await runCommandLine(program, ['card', 'list', '--data', this.data], io);
    return io.stdout.text;
  }
}

const NAME = ['--name', 'Asha Naik'];

describe('cardea-rc card register', () => {
  it('asks for the PIN twice without echo, and shows the recovery code once', async () => {
    const desk = await Desk.open();
    const { code, out, err } = await desk.register('482913\r482913\rx\r', ...NAME, '--record', 'GOA/17');
    expect({ code, err }).toEqual({
      code: 0,
      err: 'PIN: \nPIN again: \nEnter: the patient has it \n',
    });
    expect(out).toMatch(
      /^lay the card on the reader\nPIN evaluated\ncard sealed\ncard written\ncard registered\n/,
    );
    expect(out).toMatch(/\npatient {5}Asha Naik\nrecord {6}GOA\/17\nstate {7}active\n/);
    const [shown = '', ...more] = out.match(/[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}/g) ?? [];
    expect(more).toEqual([]);
    expect(parseRecoveryCode(shown)).toHaveLength(20);
    expect(out + err).not.toContain('482913');
    expect(await desk.cards()).toContain('Asha Naik');
  });

  it('takes the PIN from standard input, and writes the code into a file for its owner alone', async () => {
    const desk = await Desk.open();
    const words = [...NAME, '--pin-stdin', '--json', '--recovery-out', desk.recoveryOut];
    const { code, out, err } = await desk.register('482913\n', ...words);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const printed: unknown = JSON.parse(out);
    expect(cardSummary.parse(printed)).toMatchObject({ name: 'Asha Naik', record: null, status: 'active' });
    expect(printed).toMatchObject({ recovery: true });
    expect(statSync(desk.recoveryOut).mode & 0o777).toBe(0o600);
    const kept = readFileSync(desk.recoveryOut, 'utf8');
    expect(kept).toMatch(/^[0-9A-Z-]{23}\n$/);
    expect(out).not.toContain(kept.trim());
  });

  it('asks before a record number is given to a second patient', async () => {
    const desk = await Desk.open();
    const words = [...NAME, '--record', 'GOA/17', '--no-recovery'];
    expect(await desk.register('482913\n', ...words, '--pin-stdin')).toMatchObject({ code: 0 });
    const scripted = await desk.register('482913\n', ...words, '--pin-stdin');
    expect(scripted.code).toBe(1);
    expect(scripted.err).toMatch(
      /^cardea-rc: the record number GOA\/17 is that of Asha Naik, who is registered already; nothing was registered: .*card replace [0-9a-f]{32}", or say --same-record for another patient\n$/,
    );
    const again = ['--name', 'Asha B', '--record', 'goa 17', '--no-recovery', '--force'];
    expect((await desk.register('n', ...again)).err).toContain(
      'is this another patient with the same number? y/n n\n',
    );
    expect((await desk.cards()).split('\n')).toHaveLength(3);
    expect(await desk.register('y739105\r739105\r', ...again)).toMatchObject({ code: 0 });
    const third = ['--name', 'Asha C', '--record', 'GOA17', '--no-recovery', '--force', '--same-record'];
    expect(await desk.register('482913\n', ...third, '--pin-stdin')).toMatchObject({ code: 0 });
    expect((await desk.cards()).split('\n')).toHaveLength(5);
  });

  it('makes a card without a code when told so', async () => {
    const desk = await Desk.open();
    const { code, out } = await desk.register('482913\n', ...NAME, '--pin-stdin', '--json', '--no-recovery');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ recovery: false });
  });

  it.each([
    ['a PIN that is none', '1234\r1234\r', NAME, 1, /a PIN is 6 to 12 digits/],
    ['two PINs that differ', '482913\r482914\r', NAME, 1, /the two PINs differ/],
    ['no PIN', '', NAME, 1, /the PIN was not given/],
    ['no name', '482913\r', [], 2, /required option '--name/],
    ['a name of two lines', '482913\r', ['--name', 'A\nB'], 2, /--name: /],
    [
      'nowhere to show the code',
      '482913\n',
      [...NAME, '--pin-stdin'],
      2,
      /--recovery-out FILE, or --no-recovery/,
    ],
    ['JSON as the place for the code', '482913\r', [...NAME, '--json'], 2, /--recovery-out FILE/],
    ['a stretching that there is not', '482913\r', [...NAME, '--log-n', '5'], 2, /0, or 10 to 17/],
    ['a reader that is none', '482913\r482913\r', [...NAME, '--reader', 'usb'], 2, /is no reader/],
  ] as const)('refuses %s, and registers nothing', async (_what, typed, words, code, message) => {
    const desk = await Desk.open();
    const before = readFileSync(desk.card);
    const outcome = await desk.register(typed, ...words);
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(message);
    expect(readFileSync(desk.card)).toEqual(before);
    expect(await desk.cards()).toBe('no cards\n');
  });

  it('does not overwrite a file with the recovery code, and leaves none when nothing was registered', async () => {
    const desk = await Desk.open();
    const words = [...NAME, '--pin-stdin', '--recovery-out', desk.recoveryOut];
    writeFileSync(desk.recoveryOut, 'precious');
    const refused = await desk.register('482913\n', ...words);
    expect(refused.code).toBe(1);
    expect(refused.err).toContain('exists already and is not overwritten; nothing was registered');
    expect(readFileSync(desk.recoveryOut, 'utf8')).toBe('precious');
    expect(await desk.cards()).toBe('no cards\n');

    writeFileSync(desk.card, blankNtag('NTAG213', UID));
    const fresh = join(desk.folder, 'other.txt');
    const tooSmall = await desk.register('482913\n', ...NAME, '--pin-stdin', '--recovery-out', fresh);
    expect(tooSmall.err).toContain('nothing was registered');
    expect(existsSync(fresh)).toBe(false);
  });

  it('overwrites a registered card only with --force', async () => {
    const desk = await Desk.open();
    const words = [...NAME, '--pin-stdin', '--no-recovery'];
    await desk.register('482913\n', ...words);
    const refused = await desk.register('482913\n', ...words);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toContain('the card is registered already');
    expect(await desk.register('482913\n', ...words, '--force')).toMatchObject({ code: 0 });
  });
});

describe('cardea-rc card register --suite limbasiya-2021', () => {
  const WORDS = [...NAME, '--suite', 'limbasiya-2021'];

  it('asks for the identity, and for the password twice without echo', async () => {
    const desk = await Desk.open();
    const { code, out, err } = await desk.register('asha\ra fine day\ra fine day\r', ...WORDS);
    expect({ code, err }).toEqual({ code: 0, err: 'identity: \npassword: \npassword again: \n' });
    expect(out).toMatch(/^lay the card on the reader\ncard emptied\ncard registered\ncard written\n/);
    expect(out).toMatch(/\nsuite {7}limbasiya-2021\n/);
    expect(out + err).not.toContain('fine day');
    expect(await desk.cards()).toContain('Asha Naik');
  });

  it('takes identity and password from standard input, one a line', async () => {
    const desk = await Desk.open();
    const { code, out } = await desk.register('asha\na fine day\n', ...WORDS, '--pin-stdin', '--json');
    expect(code).toBe(0);
    expect(cardSummary.parse(JSON.parse(out))).toMatchObject({ suite: 'limbasiya-2021', pinVersion: null });
  });

  it.each([
    ['an empty identity', '\nsecret\n', 1, /the identity is empty/],
    ['an empty password', 'asha\n\n', 1, /the password is empty/],
    ['no password', 'asha\n', 1, /ended before the password/],
  ] as const)('refuses %s, and registers nothing', async (_what, typed, code, message) => {
    const desk = await Desk.open();
    const before = readFileSync(desk.card);
    const outcome = await desk.register(typed, ...WORDS, '--pin-stdin');
    expect(outcome.code).toBe(code);
    expect(outcome.err).toMatch(message);
    expect(readFileSync(desk.card)).toEqual(before);
    expect(await desk.cards()).toBe('no cards\n');
  });

  it('refuses two passwords that differ, and a suite that there is not', async () => {
    const desk = await Desk.open();
    expect((await desk.register('asha\ra\rb\r', ...WORDS)).err).toContain('the two passwords differ');
    const unknown = await desk.register('', ...NAME, '--suite', 'limbasiya-2022');
    expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('cardea-1, limbasiya-2021') });
  });
});
