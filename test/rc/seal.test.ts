import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { initRc } from '../../rc/init.ts';
import { createRcProgram } from '../../rc/program.ts';
import { type RunningRc, serveRc } from '../../rc/serve.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { register } from './registering.ts';
import { LOOPBACK, TestRc } from './running-rc.ts';

const PASSPHRASE = 'correct horse battery staple';
const SECRETS = ['authority.pem', 'limbasiya.key', 'master-0.key'];

/** Runs `cardea-rc WORDS` with `lines` on its standard input. */
async function run(rc: TestRc, words: string, lines: readonly string[] = [], folder = rc.folder) {
  const io = fakeIo();
  io.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const program = createRcProgram({ io, surroundings: () => rc.surroundings, sealingLogN: 10 });
  const code = await runCommandLine(program, [...words.split(' '), '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

function serve(rc: TestRc, passphrase: string): Promise<RunningRc> {
  const secrets = { passphrase: async () => passphrase };
  return serveRc({ surroundings: rc.surroundings, folder: rc.folder, listen: LOOPBACK, secrets });
}

function contents(folder: string): Record<string, string> {
  const keys = join(folder, 'keys');
  return Object.fromEntries(SECRETS.map((name) => [name, readFileSync(join(keys, name), 'utf8')]));
}

/** Whether any key of `plain` stands anywhere below the folder. */
function isInTheClear(folder: string, plain: Record<string, string>): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)))
    .some((bytes) => Object.values(plain).some((secret) => bytes.includes(secret.trim())));
}

describe('cardea-rc seal', () => {
  it('seals the keys, so that serve goes on with the passphrase alone', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    await rc.stop();
    const plain = contents(rc.folder);
    const { code, out } = await run(rc, 'seal --passphrase-stdin', [PASSPHRASE]);
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining(SECRETS.join(', ')) });
    expect(isInTheClear(rc.folder, plain)).toBe(false);

    await expect(rc.serve()).rejects.toMatchObject({ code: 'passphrase-wrong' });
    await expect(serve(rc, 'correct horse battery stable')).rejects.toMatchObject({
      code: 'passphrase-wrong',
      message: expect.stringContaining('the passphrase is wrong'),
    });
    const running = await serve(rc, PASSPHRASE);
    await running.close();
    expect((await run(rc, 'unseal --passphrase-stdin', [PASSPHRASE])).code).toBe(0);
    expect(contents(rc.folder)).toEqual(plain);
    await rc.serve();
    expect((await (await rc.admin()).card(uid)).status).toBe('active');
  });

  it('changes a passphrase, for which the old one is asked first', async () => {
    const rc = await TestRc.init();
    await run(rc, 'seal --passphrase-stdin', [PASSPHRASE]);
    const sealed = contents(rc.folder);
    const wrong = await run(rc, 'seal --passphrase-stdin', ['not the passphrase', 'five quite other words']);
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('the passphrase is wrong') });
    expect(contents(rc.folder)).toEqual(sealed);
    expect((await run(rc, 'seal --passphrase-stdin', [PASSPHRASE, 'five quite other words'])).code).toBe(0);
    await (await serve(rc, 'five quite other words')).close();
  });

  it('is refused while the folder is served, on an operator’s machine, and with a short passphrase', async () => {
    const rc = await TestRc.start();
    expect((await run(rc, 'seal --passphrase-stdin', [PASSPHRASE])).err).toContain('in use by');
    const desk = join(temporaryFolder(), 'desk');
    const token = await rc.mint({ kind: 'operator', id: 'desk-2', role: 'registrar' });
    await run(rc, `join ${token}`, [], desk);
    expect((await run(rc, 'seal --passphrase-stdin', [PASSPHRASE], desk)).err).toContain('no such keys');
    await rc.stop();
    const plain = contents(rc.folder);
    expect((await run(rc, 'seal --passphrase-stdin', ['short'])).err).toContain('12 characters');
    expect(contents(rc.folder)).toEqual(plain);
  });
});

describe('cardea-rc init --seal', () => {
  it('never has a key on the disk in the clear', async () => {
    const rc = await TestRc.init();
    const folder = join(temporaryFolder(), 'new');
    const { code } = await run(rc, 'init --seal --passphrase-stdin', [PASSPHRASE], folder);
    expect(code).toBe(0);
    for (const content of Object.values(contents(folder))) expect(content).toContain('"cardea-sealed":1');
    const secrets = { passphrase: async () => PASSPHRASE };
    await (await serveRc({ surroundings: rc.surroundings, folder, listen: LOOPBACK, secrets })).close();
  });

  it('makes nothing without a passphrase', async () => {
    const rc = await TestRc.init();
    const folder = join(temporaryFolder(), 'new');
    const { code, err } = await run(rc, 'init --seal', [], folder);
    expect({ code, err }).toMatchObject({ code: 1, err: expect.stringContaining('--passphrase-stdin') });
    await initRc({ surroundings: rc.surroundings, folder, address: LOOPBACK });
  });
});

describe('serve', () => {
  it('takes its keys from systemd’s credentials', async () => {
    const rc = await TestRc.init();
    const credentials = join(temporaryFolder(), 'credentials');
    mkdirSync(credentials, { mode: 0o700 });
    for (const name of SECRETS) {
      renameSync(join(rc.folder, 'keys', name), join(credentials, name));
      chmodSync(join(credentials, name), 0o400);
    }
    await expect(rc.serve()).rejects.toMatchObject({ code: 'master-key' });
    const { surroundings, folder } = rc;
    const running = await serveRc({ surroundings, folder, listen: LOOPBACK, secrets: { credentials } });
    await running.close();
    expect(readdirSync(join(folder, 'keys')).sort()).toEqual(['audit-anchor.json', 'tls.pem']);
  });

  it.each(['keys', '.'])('does not start while others can use the folder %s', async (name) => {
    const rc = await TestRc.init();
    chmodSync(join(rc.folder, name), name === '.' ? 0o777 : 0o750);
    await expect(rc.serve()).rejects.toMatchObject({ code: 'secret-file-exposed' });
    chmodSync(join(rc.folder, name), 0o700);
    await rc.serve();
  });
});
