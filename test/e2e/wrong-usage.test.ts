import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createDeviceProgram } from '../../device/program.ts';
import { createHubProgram } from '../../hub/program.ts';
import { processWorld } from '../../rc/commands/world.ts';
import { createRcProgram } from '../../rc/program.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';

type Program = 'device' | 'hub' | 'rc';

/** Runs a command of one of the three programs in a folder where nothing is. */
async function run(program: Program, words: readonly string[], folder = join(temporaryFolder(), 'none')) {
  const io = fakeIo();
  const programs = {
    device: createDeviceProgram,
    hub: createHubProgram,
    rc: () => createRcProgram({ ...processWorld, io }),
  };
  const code = await runCommandLine(programs[program](), [...words, '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text, folder };
}

const UID = 'ab'.repeat(16);
const NOT_A_NUMBER = ['', 'x', '1.5', '-1', '1e3'];
const NO_ADDRESS = ['', 'x:y', 'localhost:', ':8441', 'localhost:65536', '::1'];
const READER = /--reader: .*give a serial port as \/dev\/ttyUSB0 or \/dev\/serial0, or sim:FILE/;
const PANEL = /--panel: .*\/dev\/ttyACM0, raspi-io, or sim:/;
const SENSOR = /--sensor: .*mcp9808, tmp102, scale/;
const HUB = /--hub: .*give its id, as goa-01, or where it is, as clinic-1.example:8441/;
const LEVELS = /--log-level .*debug, info, warn, error, silent/;
const SUITES = /--allow .*none, limbasiya-2021/;
const MEMBER = /3 to 32 of a-z, 0-9 and -/;
const TIME = /a day \(2027-01-15\) or a time with its zone/;
const FILE = /Give a file; see/;

/** Each value of the last word of `command` is wrong, and `says` is what is possible. */
const WRONG: readonly (readonly [Program, command: string, values: readonly string[], says: RegExp])[] = [
  ['device', 'run --reader', ['', 'COM3', 'ttyUSB0', '-x'], READER],
  ['device', 'tap --reader', ['COM3'], READER],
  ['device', 'tap --reader', ['sim:'], /sim:card\.bin/],
  ['device', 'run --panel', ['', 'COM3', 'sim', 'sim:x', 'raspi'], PANEL],
  ['device', 'doctor --panel', ['COM3'], PANEL],
  ['device', 'run --panel sim: --sensor', ['', 'bmp280', 'MCP9808', 'tmp102,1..2'], SENSOR],
  ['device', 'run --panel sim: --sensor', ['mcp9808@0x99', 'mcp9808@25'], /between 0x18 and 0x1f/],
  ['device', 'run --panel sim: --sensor', ['scale@A7', 'scale@9'], /A0 to A3/],
  [
    'device',
    'run --panel sim: --sensor',
    ['scale@A0,5', 'scale@A0,5..5', 'scale@A0,..'],
    /two numbers as 0\.\.200/,
  ],
  ['device', 'run --panel sim: --sensor', ['mcp9808@0x27', 'tmp102@0x5a'], /--sensor|I2C address/],
  ['device', 'run --sensor', ['mcp9808'], /--panel.*--sensor-board/],
  ['device', 'doctor --sensor', ['mcp9808'], /--panel.*--sensor-board/],
  [
    'device',
    'run --sensor mcp9808 --sensor-board',
    ['', 'COM4', 'sim:x', 'sim:-3'],
    /\/dev\/ttyACM1, or sim:/,
  ],
  ['device', 'run --sensor-board', ['sim:'], /--sensor \(mcp9808, tmp102, scale\)/],
  ['device', 'run --hub', [...NO_ADDRESS, 'localhost:0', 'Goa 01', 'http://goa:1'], HUB],
  ['device', 'pin --hub', ['localhost:'], HUB],
  ['device', 'doctor --hub', ['localhost:'], HUB],
  ['device', 'run --allow', ['', 'cardea-1', 'all'], SUITES],
  ['device', 'run --log-level', ['', 'loud'], LEVELS],
  ['device', 'doctor --wait', [...NOT_A_NUMBER, '601'], /--wait .*a whole number from 0 to 600/],
  ['device', 'join', ['', 'x', 'cardea-join-xx'], /join string/],
  ['device', 'tap', ['x'], /too many arguments/],
  ['device', 'pin --recovered', ['now'], /unknown option/],
  ['device', 'fly', ['high'], /unknown command/],
  ['hub', 'serve --listen', NO_ADDRESS, /--listen .*HOST or HOST:PORT/],
  ['hub', 'serve --health', NO_ADDRESS, /--health .*HOST:PORT.*or off/],
  ['hub', 'serve --validity-seconds', [...NOT_A_NUMBER, '9', '86401'], /from 10 to 86400/],
  ['hub', 'serve --longest-session-seconds', [...NOT_A_NUMBER, '9', '86401'], /from 10 to 86400/],
  ['hub', 'serve --time-zone', ['', 'Mars', 'goa'], /--time-zone .*Asia\/Kolkata/],
  ['hub', 'serve --records-key', [''], /--records-key .*a file/],
  ['hub', 'serve --list-age-days', [...NOT_A_NUMBER, '0', '14'], /from 1 to 13/],
  ['hub', 'serve --connections', [...NOT_A_NUMBER, '15', '60001'], /from 16 to 60000/],
  ['hub', 'serve --workers', [...NOT_A_NUMBER, '0', '65'], /from 1 to 64/],
  ['hub', 'serve --allow', ['', 'all'], SUITES],
  ['hub', 'serve --log-level', ['', 'loud'], LEVELS],
  ['hub', 'queue done', ['0', 'x', '1.5', '9999999'], /give 1 or more/],
  ['hub', 'queue done', [''], /<number> is empty/],
  ['hub', 'records import', [''], /<file> is empty/],
  ['hub', 'records export --out', [''], FILE],
  ['hub', 'backup', [''], /<folder> is empty/],
  ['hub', 'restore', [''], /<backup> is empty/],
  ['hub', 'join', ['', 'x'], /join string/],
  ['rc', 'init --address', NO_ADDRESS, /--address .*HOST or HOST:PORT/],
  ['rc', 'init --operator', ['', 'A', 'no', '-ab'], MEMBER],
  ['rc', 'serve --listen', NO_ADDRESS, /--listen .*HOST or HOST:PORT/],
  ['rc', 'serve --log-level', ['', 'loud'], LEVELS],
  ['rc', 'token hub --location Goa --address a:1 --id', ['', 'A', 'no', 'ab-'], MEMBER],
  ['rc', 'token hub --id goa-01 --address a:1 --location', ['', '  '], /--location: must not be empty/],
  ['rc', 'token hub --id goa-01 --address a:1 --location', ['x'.repeat(65)], /64 characters at most/],
  [
    'rc',
    'token hub --id goa-01 --location Goa --address',
    ['', 'a', 'a:', 'a:0', 'a:99999', 'x:y'],
    /--address: HOST:PORT, the port from 1 to 65535/,
  ],
  ['rc', 'token device --id', ['', 'A', 'x y'], MEMBER],
  ['rc', 'token operator --role', ['', 'boss'], /--role: one of admin, registrar, auditor/],
  ['rc', 'card list --status', ['', 'lost'], /--status: one of active, revoked/],
  ['rc', 'card list --after', ['', 'xyz'], /--after: 16 or 32 bytes as lower-case hex/],
  ['rc', 'card list --limit', ['0', 'x', '1.5'], /--limit: (1 or more|a whole number)/],
  ['rc', 'card list --limit', ['501'], /--limit: 500 at most/],
  ['rc', 'card find maria --limit', ['201'], /--limit: 200 at most/],
  ['rc', 'card find --record', [''], /Give the number/],
  ['rc', 'card find', [''], /<words> is empty/],
  ['rc', 'card find --tap --reader', ['', 'COM3'], READER],
  ['rc', 'card show', ['xyz', '00'], /32 of 0-9 and a-f/],
  ['rc', 'card unlock', ['xyz'], /32 of 0-9 and a-f/],
  ['rc', 'card replace', ['xyz'], /32 of 0-9 and a-f/],
  ['rc', `card revoke ${UID} --reason`, ['', 'bored'], /--reason: one of lost, stolen, deceased, other/],
  ['rc', 'card register --name', ['', ' '], /--name/],
  ['rc', 'card register --name', ['x'.repeat(201)], /--name: 200 characters at most/],
  ['rc', 'card register --name Maria --record', [''], /--record: must not be empty/],
  ['rc', 'card register --name Maria --suite', ['', 'cardea'], /cardea-1, limbasiya-2021/],
  ['rc', 'card register --name Maria --born', ['', 'yesterday', '1990-13-01'], /YYYY-MM-DD/],
  ['rc', 'card register --name Maria --recovery-out', [''], FILE],
  ['rc', 'card register --name Maria --no-recovery --reader', ['', 'COM3'], READER],
  ['rc', 'card register --name Maria --no-recovery --log-n', ['', '5', '18', 'x'], /--log-n .*0/],
  ['rc', `card replace ${UID} --no-recovery --reader`, ['COM3'], READER],
  ['rc', 'hub revoke', ['A', 'x y'], MEMBER],
  ['rc', 'device revoke', [''], /<id> is empty/],
  ['rc', 'restore /none --audit', [''], FILE],
  ['rc', 'join', ['', 'x'], /join string/],
  ['rc', 'rotate', ['keys'], /unknown command/],
  ['rc', 'audit --hub', ['', 'A'], /--hub: 3 to 32 of a-z, 0-9 and -/],
  ['rc', 'audit --hub goa-01 --branch', ['', '0', 'x', '1.5'], /--branch: a number from 1 on/],
  ['rc', 'audit --branch', ['1'], /--branch goes with --hub/],
  ...(['hub', 'rc'] as const).flatMap((program) => [
    [
      program,
      'audit --since',
      ['', 'yesterday', '2027-13-01', '2027-02-30', '2027-01-15T08:00'],
      TIME,
    ] as const,
    [program, 'audit --until', ['x'], TIME] as const,
    [program, 'audit --since 2027-01-15 --until', ['2027-01-14'], /--since is after --until/] as const,
    [program, 'audit --who', [''], /Give its id/] as const,
    [program, 'audit --card', ['', '00'], /--card: a UID/] as const,
    [program, 'audit --format', ['', 'csv'], /--format: table, jsonl, fhir/] as const,
    [
      program,
      'audit verify --anchor',
      ['', 'x', '1-2'],
      /a row's number, a colon and 32 hex digits/,
    ] as const,
  ]),
];

describe('a value that cannot be meant', () => {
  it.each(WRONG)(
    'cardea-%s %s %j is wrong usage, and one line says what is possible',
    async (program, command, values, says) => {
      for (const value of values) {
        const { code, out, err, folder } = await run(program, [...command.split(' '), value]);
        expect({ value, code, out }).toEqual({ value, code: 2, out: '' });
        expect(err).toMatch(says);
        expect(err.indexOf('\n')).toBe(err.length - 1);
        expect(err).not.toMatch(/Too (small|big)|Invalid|unexpected failure/);
        expect(existsSync(folder)).toBe(false);
      }
    },
  );

  it.each(['device', 'hub', 'rc'] as const)('is an empty folder, to cardea-%s', async (program) => {
    const words = { device: ['doctor'], hub: ['status'], rc: ['status'] }[program];
    const { code, err } = await run(program, words, '');
    expect({ code, err }).toEqual({ code: 2, err: `cardea-${program}: --data: give a folder\n` });
  });

  it('is not one that is only not there: that has failed', async () => {
    for (const [program, command] of [
      ['device', 'tap --reader sim:card.bin'],
      ['hub', 'records import /none/such'],
      ['hub', 'restore /none/such'],
      ['rc', 'card list --status active'],
      ['rc', `card show ${UID}`],
      ['hub', 'audit --since 2027-01-15 --until 2027-01-15'],
    ] as const) {
      expect([command, (await run(program, command.split(' '))).code]).toEqual([command, 1]);
    }
  });
});
