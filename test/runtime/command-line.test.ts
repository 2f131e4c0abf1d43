import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createProgram, invocation, runCommandLine, UsageError } from '../../runtime/command-line.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { integerSetting } from '../../runtime/settings.ts';
import { fakeIo } from './fake-io.ts';
import { temporaryFolder } from './temporary-folder.ts';

class RefusedError extends CardeaError {
  readonly code = 'refused';
}

/** Runs `cardea-hub WORDS` of a small program that has every kind of command. */
async function run(words: string, environment: Record<string, string> = {}) {
  const io = fakeIo(environment);
  const program = createProgram({ name: 'cardea-hub', description: 'A hub.', folder: './data/hub' });
  program
    .command('status')
    .description('say how it is')
    .option('--tries <count>', 'how often')
    .action(async (_options, command) => {
      const { folder, say, show, settings } = invocation(command, io);
      const { tries } = await settings(z.object({ tries: integerSetting(1, 10).default(3) }));
      say('looking …');
      if (tries === 9) say('the hub said: \x1b]0;owned\x07\r\x9b2J');
      show({ folder, tries }, `${folder} is well after ${tries}`);
    });
  const failures: Record<string, () => unknown> = {
    refused: () =>
      new RefusedError('the card was\n  revoked: \x1b[31mask\u2028the registrar', {
        cause: new Error('inner'),
      }),
    bug: () => new TypeError('x is undefined'),
    text: () => 'only text',
    misuse: () => new UsageError('--at and --until exclude each other: give one'),
  };
  program
    .command('fail')
    .argument('<how>')
    .action((how: string) => {
      throw failures[how]?.();
    });
  program
    .command('card')
    .command('show')
    .argument('<uid>')
    .action(() => {});
  const code = await runCommandLine(program, words.split(' ').filter(Boolean), io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

describe('a command line', () => {
  it('prints text for people', async () => {
    expect(await run('status')).toEqual({
      code: 0,
      out: 'looking …\n./data/hub is well after 3\n',
      err: '',
    });
  });

  it.each(['--json status', 'status --json'])('prints one JSON document with "%s"', async (words) => {
    const { code, out } = await run(words);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ folder: './data/hub', tries: 3 });
  });

  it('takes the folder from --data, then CARDEA_DATA, then its own default', async () => {
    const environment = { CARDEA_DATA: '/from/environment' };
    expect((await run('status --data /from/flag', environment)).out).toContain('/from/flag is well');
    expect((await run('--data ./data/hub status', environment)).out).toContain('./data/hub is well');
    expect((await run('status', environment)).out).toContain('/from/environment is well');
    expect((await run('status', { CARDEA_DATA: '' })).out).toContain('./data/hub is well');
  });

  it('reads settings from flag, variable and the folder’s file', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'settings.json'), '{"tries": 5}');
    const words = `status --json --data ${folder}`;
    expect(JSON.parse((await run(words)).out).tries).toBe(5);
    expect(JSON.parse((await run(words, { CARDEA_TRIES: '6' })).out).tries).toBe(6);
    expect(JSON.parse((await run(`${words} --tries 7`, { CARDEA_TRIES: '6' })).out).tries).toBe(7);
  });

  it.each(['--help', 'status --help', 'card show --help'])(
    '%s shows every option that holds, and is no failure',
    async (words) => {
      const { code, out, err } = await run(words);
      expect(code).toBe(0);
      expect(err).toBe('');
      for (const option of ['--data <folder>', '--json', '--debug', '--help']) {
        expect(out).toContain(option);
      }
    },
  );
});

describe('a command that fails', () => {
  it('prints nothing that steers a terminal, whoever said it', async () => {
    const { out } = await run('status --tries 9 --data ./\x1b[2J');
    expect(out).toBe('looking …\nthe hub said:  ]0;owned   2J\n./ [2J is well after 9\n');
  });

  it('says why in one line on standard error, without anything that steers a terminal', async () => {
    expect(await run('fail refused')).toEqual({
      code: 1,
      out: '',
      err: 'cardea-hub: the card was revoked: [31mask the registrar\n',
    });
  });

  it('says where it happened only with --debug', async () => {
    const { code, err } = await run('fail refused --debug');
    expect(code).toBe(1);
    expect(err.split('\n')[0]).toBe('cardea-hub: the card was revoked: [31mask the registrar');
    expect(err).toMatch(/\n {4}at .*command-line\.test\.ts/);
    expect(err).toContain('caused by Error: inner');
  });

  it('says of a mistake in the program that it is one', async () => {
    const { code, err } = await run('fail bug');
    expect(code).toBe(1);
    expect(err).toBe(
      'cardea-hub: unexpected failure: x is undefined; run it again with --debug, and report what that prints\n',
    );
    expect((await run('fail text')).err).toBe('cardea-hub: unexpected failure: only text\n');
  });
});

describe('wrong usage', () => {
  it.each([
    ['', 'say what to do: status, fail, card; see "cardea-hub --help"'],
    ['card', 'say what to do: show; see "cardea-hub card --help"'],
    ['card show', 'missing required argument \'uid\'; see "cardea-hub card show --help"'],
    [
      'card show a b',
      'too many arguments for \'show\'. Expected 1 argument but got 2; see "cardea-hub card show --help"',
    ],
    ['statu', 'unknown command \'statu\' (Did you mean status?); see "cardea-hub --help"'],
    [
      'status --tires 3',
      'unknown option \'--tires\' (Did you mean --tries?); see "cardea-hub status --help"',
    ],
    ['status --tries', 'option \'--tries <count>\' argument missing; see "cardea-hub status --help"'],
    ['status --tries 11', '--tries is "11": expected a whole number from 1 to 10'],
    ['fail misuse', '--at and --until exclude each other: give one'],
  ])('"%s" exits with 2 and one line', async (words, line) => {
    expect(await run(words)).toEqual({ code: 2, out: '', err: `cardea-hub: ${line}\n` });
  });
});
