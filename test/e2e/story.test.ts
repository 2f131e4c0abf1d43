import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { compiled } from '../support/programs.ts';

const run = promisify(execFile);
const demo = (...words: string[]) =>
  run(process.execPath, [compiled('demo'), ...words], { encoding: 'utf8' });

describe('npm start', () => {
  it('tells the whole story once where there is no terminal, and leaves nothing behind', async () => {
    const { stdout } = await demo();
    const chapters = stdout.split('\n').filter((line) => /^\d+\. /.test(line));
    expect(chapters).toEqual([
      '1. The network is set up',
      '2. The hubs and the terminal join',
      '3. A card for Maria Fernandes',
      '4. A tap at goa-01, Goa',
      '5. A tap at pune-02, Pune',
      '6. The desk at goa-01 works its queue',
      '7. A wrong PIN',
      '8. The hub and the RC are restarted on their files',
      '9. The card is lost, and revoked',
    ]);
    expect(stdout).toContain('Every step went as it should.');
    const folder = /are as in life, in (\S+),/.exec(stdout)?.[1] ?? '';
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('keeps everything in the folder it is given, and takes no folder that holds something', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-story-'));
    try {
      await demo('--once', '--data', folder);
      expect(await readdir(folder)).toEqual(
        expect.arrayContaining(['rc', 'goa-01', 'pune-02', 'terminal', 'wallet']),
      );
      await expect(demo('--once', '--data', folder)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('is not empty'),
      });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says how it is used when it is asked wrongly', async () => {
    await expect(demo('--twice')).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--once'),
    });
  });
});
