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

// On a busy machine a story takes its time.
describe('npm start', { timeout: 90_000 }, () => {
  it('tells the whole story once where there is no terminal, and leaves nothing behind', async () => {
    const { stdout } = await demo();
    const chapters = stdout.split('\n').filter((line) => /^\d+\. /.test(line));
    expect(chapters).toEqual([
      '1. The network is set up',
      '2. The hubs and the terminal join',
      '3. A card for Maria Fernandes',
      '4. A tap at goa-01, Goa',
      '5. A tap at pune-02, Pune',
      '6. A temperature is measured at goa-01',
      '7. The desk at goa-01 works its queue',
      '8. A wrong PIN',
      '9. The hub and the RC are restarted on their files',
      '10. The card is lost, and revoked',
    ]);
    expect(stdout).toContain('“Welcome to Goa. Your number is 1. Temperature: 36.8 °C”');
    expect(stdout).toContain('“Welcome to Goa. You were seen today. Please ask at the desk.');
    expect(stdout).toContain('Every step went as it should.');
    const folder = /are as in life, in (\S+),/.exec(stdout)?.[1] ?? '';
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('tells the story of limbasiya-2021, and keeps all of it in the folder it is given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cardea-story-'));
    try {
      const { stdout } = await demo('--once', '--suite', 'limbasiya-2021', '--data', folder);
      expect(stdout.split('\n').filter((line) => /^\d+\. /.test(line))).toEqual([
        '1. The network is set up',
        '2. The hubs and the terminal join',
        '3. A card for Maria Fernandes, under limbasiya-2021',
        '4. A tap; the patient chooses goa-01, Goa',
        '5. A tap; the patient chooses pune-02, Pune',
        '6. A wrong password',
        '7. The password is changed, on the card alone',
        '8. The card is lost, and revoked',
        '9. Moving off it: a cardea-1 card for Maria Fernandes',
      ]);
      for (const said of [
        'no hub was called, nobody counts',
        'has no revocation',
        'the same patient as before',
        'Every step went as it should.',
      ]) {
        expect(stdout).toContain(said);
      }
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

  it.each([
    [['--twice'], '--once'],
    [['--suite', 'cardea-2'], 'cardea-1 and limbasiya-2021'],
  ])('says how it is used when it is asked wrongly: %s', async (words, said) => {
    await expect(demo(...words)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(said),
    });
  });
});
