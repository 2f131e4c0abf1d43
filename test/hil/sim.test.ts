import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSerialPort } from '../../hardware/serial-port.ts';
import { HandField } from '../../hardware/sim/field.ts';
import { openPseudoTerminal, PseudoTerminalError } from '../../hardware/sim/pseudo-terminal.ts';
import { VirtualPn532 } from '../../hardware/sim/virtual-pn532.ts';
import { systemClock } from '../../runtime/clock.ts';
import { ACK, commandFrame, WAKE } from '../hardware/sim/host.ts';
import { describeWith } from '../support/needs.ts';
import { compiled } from '../support/programs.ts';

const PROGRAM = compiled('hardware/sim/main');

/** What a program says, as it says it. */
class Said {
  #text = '';
  #look = () => {};

  constructor(program: ChildProcess) {
    const hear = (text: Buffer) => {
      this.#text += text.toString();
      this.#look();
    };
    program.stdout?.on('data', hear);
    program.stderr?.on('data', hear);
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves with the match as soon as what was said matches. */
  until(pattern: RegExp): Promise<string> {
    return new Promise((resolve) => {
      this.#look = () => {
        const match = pattern.exec(this.#text);
        if (match !== null) resolve(match[1] ?? match[0]);
      };
      this.#look();
    });
  }
}

function exitCode(program: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    program.once('close', resolve);
  });
}

describeWith({ socat: 'socat', 'nfc-list': 'libnfc-bin' }, 'npm run sim', () => {
  let folder: string;
  let sim: ChildProcess;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cardea-sim-test-'));
  });

  afterEach(() => {
    sim.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  async function nfcList(path: string): Promise<string> {
    const env = { ...process.env, LIBNFC_DEFAULT_DEVICE: `pn532_uart:${path}` };
    const tool = spawn('nfc-list', ['-v'], { env, stdio: 'pipe' });
    const said = new Said(tool);
    await exitCode(tool);
    return said.text;
  }

  it('prints the path of a reader on which put and take lay a card down and take it away', async () => {
    const file = join(folder, 'card');
    sim = spawn(process.execPath, [PROGRAM, '--card', file], { stdio: 'pipe' });
    const ended = exitCode(sim);
    const said = new Said(sim);
    const path = await said.until(/A virtual PN532 is at (\S+)/);
    await said.until(/The NTAG215 in \S+ lies on the reader/);
    expect(readFileSync(file)).toHaveLength(540);
    expect(await nfcList(path)).toContain('1 ISO14443A passive target');
    sim.stdin?.write('take\n');
    await said.until(/Nothing lies on the reader/);
    expect(await nfcList(path)).toContain('0 ISO14443A passive target');
    sim.stdin?.write(`blank ${file}.smart ISO-DEP\nput ${file}.smart\n`);
    await said.until(/The ISO-DEP in/);
    expect(await nfcList(path)).toMatch(/SAK \(SEL_RES\):\s+20/);
    unlinkSync(`${file}.smart`);
    expect(await nfcList(path)).toContain('0 ISO14443A passive target');
    sim.stdin?.write('quit\n');
    expect(await ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  });

  it('goes on without input, and stops in order on SIGTERM', async () => {
    const file = join(folder, 'card');
    writeFileSync(file, new Uint8Array(924));
    sim = spawn(process.execPath, [PROGRAM, '--card', file], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = exitCode(sim);
    const said = new Said(sim);
    const path = await said.until(/A virtual PN532 is at (\S+)/);
    await said.until(/The NTAG216/);
    expect(await nfcList(path)).toContain('1 ISO14443A passive target');
    sim.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the command line of npm run sim', () => {
  it.each([
    [['--bad'], 2, /^sim: .*--help/],
    [['--help'], 0, /put FILE/],
  ])('%j exits with %i', async (args, code, pattern) => {
    const sim = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'pipe' });
    const said = new Said(sim);
    expect(await exitCode(sim)).toBe(code);
    expect(said.text).toMatch(pattern);
  });

  it('says what to install where socat is missing', async () => {
    const env = { ...process.env, PATH: '/nonexistent' };
    const sim = spawn(process.execPath, [PROGRAM], { env, stdio: 'pipe' });
    const said = new Said(sim);
    expect(await exitCode(sim)).toBe(1);
    expect(said.text).toBe('sim: Cannot start socat: install it (apt-get install socat).\n');
    expect(new PseudoTerminalError('').code).toBe('pseudo-terminal');
  });
});

describeWith({ socat: 'socat' }, 'a virtual PN532 on a pseudo-terminal', () => {
  it('is a serial port for serialport, again and again', async () => {
    const chip = new VirtualPn532({ clock: systemClock, field: new HandField() });
    const terminal = await openPseudoTerminal(chip);
    for (let time = 0; time < 3; time++) {
      const port = await openSerialPort({ path: terminal.path });
      const heard = new Promise<string>((resolve) => {
        let text = '';
        port.onData((chunk) => {
          text += Buffer.from(chunk).toString('hex');
          if (text.length >= 38) resolve(text);
        });
      });
      await port.write(WAKE);
      await port.write(commandFrame('02'));
      expect(await heard).toBe(`${ACK}0000ff06fad50332010607e800`);
      await port.close();
    }
    await terminal.close();
    await terminal.close();
    expect(existsSync(terminal.path)).toBe(false);
  });
});
