import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blankNtag } from '../../hardware/sim/ntag-models.ts';
import { compiled } from '../support/programs.ts';

const UID = Uint8Array.of(0x04, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6);
const PIN = '482913';

let folder: string;
const services: ChildProcess[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cardea-commands-'));
});
afterAll(async () => {
  for (const service of services) {
    service.kill('SIGTERM');
    await once(service, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cardea-rc`, `cardea-hub` or `cardea-device` to its end. `input` is standard input, a secret a line. */
function run(program: 'rc' | 'hub' | 'device', words: readonly string[], input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const data = ['--data', join(folder, program)];
    const main = compiled(`${program}/main`);
    const child = execFile(process.execPath, [main, ...words, ...data], (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error === null ? 0 : -1;
      resolve({ code, stdout, stderr });
    });
    child.stdin?.end(input);
  });
}

/** Starts a service and waits until it says where it listens. */
async function serve(program: 'rc' | 'hub', listen: string): Promise<string> {
  const service = spawn(
    process.execPath,
    [compiled(`${program}/main`), 'serve', '--listen', listen, '--data', join(folder, program)],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  services.push(service);
  let said = '';
  for await (const chunk of service.stdout ?? []) {
    said += String(chunk);
    const address = /listens on (\S+)/.exec(said)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error(`${program} ended: ${said}`);
}

async function token(...words: string[]): Promise<string> {
  const { stdout } = await run('rc', ['token', ...words, '--json']);
  return (JSON.parse(stdout) as { token: string }).token;
}

describe('the commands of three machines, as the README tells them', () => {
  it('set a network up, register a card, serve it, change its PIN, revoke it and refuse it', async () => {
    const card = join(folder, 'card.bin');
    await writeFile(card, blankNtag('NTAG215', UID));
    const reader = ['--reader', `sim:${card}`, '--pin-stdin'];

    expect((await run('rc', ['init', '--address', '127.0.0.1:0'])).code).toBe(0);
    await serve('rc', '127.0.0.1:0');

    // A hub's address is bound in its token before it listens: this port is free now, and is the hub's own then.
    const hub = await freePort();
    const hubToken = await token('hub', '--id', 'goa-01', '--location', 'Goa', '--address', hub);
    const listen = hub.replace('127.0.0.1', '0.0.0.0');
    expect(await run('hub', ['join', hubToken])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`\nnow: cardea-hub serve --data .* --listen ${listen}\n$`)),
    });
    expect(await serve('hub', hub)).toBe(hub);
    expect((await run('hub', ['status'])).stdout).toContain('takes logins');
    expect(await run('device', ['join', await token('device', '--id', 'desk-1')])).toMatchObject({ code: 0 });

    const codeFile = join(folder, 'code.txt');
    const registered = await run(
      'rc',
      [
        'card',
        'register',
        '--name',
        'Maria Fernandes',
        '--log-n',
        '0',
        '--recovery-out',
        codeFile,
        ...reader,
      ],
      `${PIN}\n`,
    );
    expect(registered).toMatchObject({ code: 0 });
    const { cards } = JSON.parse((await run('rc', ['card', 'list', '--json'])).stdout) as {
      cards: { uid: string }[];
    };
    const uid = cards[0]?.uid ?? '';

    const tapped = await run('device', ['tap', '--trace', ...reader], `${PIN}\n`);
    expect(tapped).toMatchObject({ code: 0, stdout: expect.stringContaining('Welcome to Goa.') });
    expect(tapped.stderr).toContain('< d5 03 32 01 06 07');

    const wrong = await run('device', ['tap', ...reader], '111222\n');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr.trim()).toBe(
      'cardea-device: That PIN is wrong. 4 tries are left. Please tap your card again.',
    );

    expect(await run('device', ['pin', ...reader], `${PIN}\n735208\n`)).toMatchObject({ code: 0 });
    expect(await run('device', ['tap', ...reader], '735208\n')).toMatchObject({ code: 0 });
    const code = await readFile(codeFile, 'utf8');
    expect(await run('device', ['pin', '--recovery', ...reader], `${code.trim()}\n919283\n`)).toMatchObject({
      code: 0,
    });
    expect(await run('device', ['tap', '--json', ...reader], '919283\n')).toMatchObject({ code: 0 });

    expect(await run('rc', ['card', 'revoke', uid, '--reason', 'lost'])).toMatchObject({ code: 0 });
    const refused = await run('device', ['tap', '--json', ...reader], '919283\n');
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({ kind: 'refused', reason: 'card-revoked' });

    // Nothing of the card reaches a trace, and no secret any output.
    const everything = [registered, tapped, wrong, refused]
      .map(({ stdout, stderr }) => stdout + stderr)
      .join('\n');
    expect(everything).not.toContain(PIN);
    expect(everything).not.toContain(code.trim());
    const image = Buffer.from((await readFile(card)).subarray(44, 44 + 215));
    expect(everything.replaceAll(' ', '')).not.toContain(image.subarray(32, 64).toString('hex'));
  }, 120_000);

  it('are refused with exit code 2 when they make no sense, and 1 when they fail, in one line', async () => {
    for (const [words, code] of [
      [['tap', '--no-such-flag'], 2],
      [['fly'], 2],
      [['tap', '--hub', 'nowhere:99999', '--reader', `sim:${join(folder, 'nothing')}`], 2],
      [['join', await token('device', '--id', 'desk-2')], 1],
    ] as const) {
      const ran = await run('device', words);
      expect([words, ran.code]).toEqual([words, code]);
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

async function freePort(): Promise<string> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `127.0.0.1:${address.port}`;
}
