import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WHAT_IT_MEANS } from '../../hub/limbasiya/service.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { compiled } from '../support/programs.ts';
import { openNetwork } from './network.ts';

function start(...words: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [compiled('hub/main'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

async function allOf(stream: Readable | null): Promise<string> {
  return stream === null ? '' : text(stream);
}

async function run(...words: readonly string[]) {
  const child = start(...words);
  const [out, err] = await Promise.all([allOf(child.stdout), allOf(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, err };
}

describe('cardea-hub', () => {
  it('joins, serves with --allow limbasiya-2021, and says so in its log and in its status', async () => {
    const network = await openNetwork();
    const folder = join(temporaryFolder(), 'hub');
    const joined = await run('join', await network.hubToken('hub-2'), '--data', folder, '--json');
    expect(joined).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(joined.out)).toMatchObject({ id: 'hub-2', limbasiya: null });

    const serving = start(
      'serve',
      '--data',
      folder,
      '--listen',
      '127.0.0.1:0',
      '--health',
      'off',
      '--allow',
      'limbasiya-2021',
    );
    const logged = allOf(serving.stderr);
    if (serving.stdout !== null) await once(serving.stdout, 'data');
    const status = await run('status', '--data', folder);
    expect(status.out).toContain(`\nlimbasiya-2021: allowed, 0 cards on its list; ${WHAT_IT_MEANS}\n`);
    serving.kill('SIGTERM');
    await once(serving, 'exit');
    expect(serving.exitCode).toBe(0);
    expect(await logged).toContain(WHAT_IT_MEANS);
  }, 60_000);

  it('says on joining why it is not registered under limbasiya-2021, and refuses another suite', async () => {
    const network = await openNetwork();
    const location = 'Instituto de Saúde de Pangim';
    const minted = await network.operator.mintToken({
      kind: 'hub',
      id: 'hub-3',
      location,
      address: '127.0.0.1:8441',
    });
    const folder = join(temporaryFolder(), 'hub');
    const [joined, refused] = await Promise.all([
      run('join', minted.token, '--data', folder),
      run('serve', '--data', network.hubFolder, '--allow', 'limbasiya-1999'),
    ]);
    expect(joined).toMatchObject({ code: 0, err: '' });
    expect(joined.out).toMatch(/\nnot registered under limbasiya-2021: .* 29 bytes, .* room for 28.*\n$/);
    expect(refused.code).toBe(2);
    expect(refused.err).toMatch(/--allow is "limbasiya-1999": expected one of none, limbasiya-2021\n$/);
  }, 60_000);
});
