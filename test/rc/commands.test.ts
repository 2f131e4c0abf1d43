import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { cardSummary, cardsResponse } from '../../protocol/rc-api/cards.ts';
import { statusResponse } from '../../protocol/rc-api/status.ts';
import { createRcProgram } from '../../rc/program.ts';
import { formatAddress } from '../../runtime/address.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { register } from './registering.ts';
import { TestRc } from './running-rc.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `cardea-rc WORDS` where and when `rc` is. */
async function run(rc: TestRc, words: string | readonly string[], folder = rc.folder): Promise<Outcome> {
  const io = fakeIo();
  const program = createRcProgram({ io, surroundings: () => rc.surroundings });
  const split = typeof words === 'string' ? words.split(' ') : words;
  const code = await runCommandLine(program, [...split, '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

async function json(rc: TestRc, words: string): Promise<unknown> {
  const { code, out, err } = await run(rc, `${words} --json`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out);
}

const TOKEN = /^cardea-join-[A-Za-z0-9_-]+\n$/;

describe('cardea-rc init', () => {
  it('sets a network up and says what is next', async () => {
    const rc = await TestRc.init();
    const folder = join(temporaryFolder(), 'new');
    const { code, out, err } = await run(rc, 'init --address rc.example --operator asha', folder);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      new RegExp(
        `^a network was set up in ${folder}, with asha as its first operator\nits authority: SHA-256 [0-9a-f]{64}\nnow: cardea-rc serve --data ${folder}\n$`,
      ),
    );
    expect(existsSync(join(folder, 'network.json'))).toBe(true);
  });

  it.each([
    ['rc.example:18440', ' --listen 0.0.0.0:18440'],
    ['rc.example:8440', ''],
    ['rc.example', ''],
  ])('set up to be reached at %s, says how it will listen there', async (address, flag) => {
    const rc = await TestRc.init();
    const folder = join(temporaryFolder(), 'new');
    const { out } = await run(rc, `init --address ${address}`, folder);
    expect(out.split('\n').at(-2)).toBe(`now: cardea-rc serve --data ${folder}${flag}`);
  });

  it("says to check --data where the folder is a hub's", async () => {
    const rc = await TestRc.init();
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'network.json'), '{"rc":"rc.example:8440","address":"goa.example:8441"}');
    for (const words of ['serve', 'status', 'audit']) {
      expect(await run(rc, words, folder)).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringContaining(
          join(folder, 'network.json is not what was written there: check --data'),
        ),
      });
    }
  });

  it('prints the same as JSON', async () => {
    const rc = await TestRc.init();
    const folder = join(temporaryFolder(), 'new');
    const { out } = await run(rc, 'init --json --address rc.example', folder);
    expect(JSON.parse(out)).toEqual({
      folder,
      address: 'rc.example:8440',
      operator: 'admin',
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('refuses to overwrite in one line, and to make an operator without a proper id', async () => {
    const rc = await TestRc.init();
    const again = await run(rc, 'init');
    expect(again).toMatchObject({ code: 1, out: '' });
    expect(again.err).toMatch(/^cardea-rc: .* is not empty .* choose another folder with --data\n$/);
    const wrong = await run(rc, 'init --operator Asha', join(temporaryFolder(), 'new'));
    expect(wrong).toMatchObject({
      code: 2,
      err: 'cardea-rc: --operator: 3 to 32 of a-z, 0-9 and -, the first and the last no -\n',
    });
  });
});

describe('cardea-rc token', () => {
  it('prints one string for a hub, a terminal and an operator each', async () => {
    const rc = await TestRc.start();
    for (const [words, kind] of [
      ['token hub --id goa-01 --location Goa --address goa-01.example:8441', 'hub'],
      ['token device --id desk-1', 'device'],
      ['token operator --role registrar', 'operator'],
    ]) {
      const { code, out } = await run(rc, words ?? '');
      expect(code).toBe(0);
      expect(out).toMatch(TOKEN);
      expect(decodeJoinToken(out).kind).toBe(kind);
    }
  });

  it('makes an operator’s id up from the role', async () => {
    const rc = await TestRc.start();
    expect(await json(rc, 'token operator --role auditor')).toEqual({
      kind: 'operator',
      id: expect.stringMatching(/^auditor-[0-9a-f]{6}$/),
      token: expect.stringMatching(/^cardea-join-/),
      expires: rc.clock.now() + 24 * 60 * 60 * 1000,
    });
  });

  it.each([
    ['token hub --id goa-01 --location Goa', /required option '--address/],
    ['token hub --id Goa --location Goa --address goa:8441', /--id: 3 to 32 of a-z, 0-9 and -/],
    ['token hub --id goa-01 --location Goa --address goa', /--address: HOST:PORT/],
    ['token operator --role king', /--role: /],
    ['token', /hub, device, operator/],
  ])('is told what is wrong with "%s"', async (words, message) => {
    const rc = await TestRc.init();
    const { code, out, err } = await run(rc, words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(message);
    expect(err.split('\n')).toHaveLength(2);
  });

  it('says that an id is taken', async () => {
    const rc = await TestRc.start();
    await rc.admitHub('goa-01');
    const { code, err } = await run(rc, 'token device --id goa-01');
    expect(code).toBe(1);
    expect(err).toContain('the id goa-01 is taken, and an id is taken for ever: choose another one');
  });
});

describe('cardea-rc join', () => {
  it('makes a folder an operator’s, whose commands then ask the registration centre', async () => {
    const rc = await TestRc.start();
    const token = (await run(rc, 'token operator --role registrar --id desk-2')).out.trim();
    const folder = join(temporaryFolder(), 'desk');
    expect(await run(rc, `join ${token}`, folder)).toEqual({
      code: 0,
      out: `joined as desk-2 (registrar); the registration centre is at ${formatAddress(rc.running.address)}\n`,
      err: '',
    });
    expect(await run(rc, 'card list', folder)).toEqual({ code: 0, out: 'no cards\n', err: '' });
    const refused = await run(rc, 'token device --id desk-1', folder);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('desk-2 may not do this');
  });

  it('overwrites neither an operator’s folder nor a registration centre’s', async () => {
    const rc = await TestRc.start();
    const folder = join(temporaryFolder(), 'desk');
    const token = async () => (await run(rc, 'token operator --role admin')).out.trim();
    await run(rc, `join ${await token()}`, folder);
    for (const taken of [folder, rc.folder]) {
      const { code, err } = await run(rc, `join ${await token()}`, taken);
      expect(code).toBe(1);
      expect(err).toContain('not overwritten');
    }
    expect((await run(rc, 'serve --listen 127.0.0.1:0', folder)).err).toContain("an operator's machine");
  });

  it('refuses a string with a typing error', async () => {
    const rc = await TestRc.init();
    const { code, err } = await run(rc, 'join cardea-join-AQAA', temporaryFolder());
    expect(code).toBe(2);
    expect(err).toMatch(/^cardea-rc: .*join string.*\n$/);
  });
});

describe('cardea-rc status and hub list', () => {
  it('tell how things stand, as text', async () => {
    const rc = await TestRc.start();
    const hub = await rc.admitHub('goa-01');
    await rc.admitHub('panjim-1');
    await register(await rc.admin());
    const { generation } = await hub.client.feed({});
    const news = { version: '1.2.3', listOf: rc.clock.now() - 90_000, certificateEnds: rc.clock.now() };
    await hub.client.feed({ generation, after: 1, ...news });
    const hubs = [
      'hub       location  address                last heard            behind  lists  version  certificate ends      locks',
      'goa-01    Goa       goa-01.example:8441    2027-01-15 08:00:00Z  0       90 s   1.2.3    2027-01-15 08:00:00Z  0',
      'panjim-1  Goa       panjim-1.example:8441  never                 1       -      -        -                     0',
    ];
    expect((await run(rc, 'hub list')).out).toBe(`${hubs.join('\n')}\n`);
    const { out } = await run(rc, 'status');
    expect(out.split('\n').slice(0, 2)).toEqual([
      'cards: 1 active (0 locked), 0 revoked',
      'members: 2 hubs, 0 terminals, 1 operator',
    ]);
    expect(out).toContain(`feed: 1 change, generation ${generation}`);
    expect(out).toContain(`\n\n${hubs.join('\n')}\n`);
  });

  it('tell it as JSON', async () => {
    const rc = await TestRc.start();
    expect(await json(rc, 'hub list')).toEqual({ hubs: [] });
    const status = statusResponse.parse(await json(rc, 'status'));
    expect(status).toMatchObject({ sequence: 0, members: { operators: 1 }, hubs: [] });
    expect((await run(rc, 'hub list')).out).toBe('no hub has joined yet\n');
  });

  it('say that nothing serves, and what to do', async () => {
    const rc = await TestRc.init();
    expect(await run(rc, 'status')).toEqual({
      code: 1,
      out: '',
      err: `cardea-rc: nothing serves ${rc.folder}: start "cardea-rc serve --data ${rc.folder}" first\n`,
    });
    const nothing = await run(rc, 'status', temporaryFolder());
    expect(nothing.code).toBe(1);
    expect(nothing.err).toContain('run "cardea-rc init" or "cardea-rc join" first');
  });
});

describe('cardea-rc card', () => {
  it('lists, shows and revokes, as text', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    expect((await run(rc, 'card list')).out).toBe(
      `UID                               patient    record  state   suite\n${uid}  Asha Naik  GOA/17  active  cardea-1\n`,
    );
    expect((await run(rc, `card revoke ${uid} --reason stolen`)).out).toBe(
      'revoked: stolen since 2027-01-15 08:00:00Z\n',
    );
    expect((await run(rc, `card show ${uid}`)).out).toBe(
      [
        `UID         ${uid}`,
        'patient     Asha Naik',
        'record      GOA/17',
        'state       stolen since 2027-01-15 08:00:00Z',
        'suite       cardea-1',
        'PIN number  1',
        'registered  2027-01-15 08:00:00Z by admin',
        '',
        'history',
        '  2027-01-15 08:00:00Z  registered by admin',
        '  2027-01-15 08:00:00Z  revoked: stolen',
        '',
      ].join('\n'),
    );
  });

  it('lists, shows and revokes, as JSON', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { uid } = await register(admin);
    await register(admin);
    const page = cardsResponse.parse(await json(rc, 'card list --limit 1'));
    expect(page).toMatchObject({ cards: [{ uid }], next: uid });
    expect(cardsResponse.parse(await json(rc, `card list --after ${uid}`))).toMatchObject({ next: null });
    const revoked = cardSummary.parse(await json(rc, `card revoke ${uid} --reason lost`));
    expect(cardSummary.parse(await json(rc, `card show ${uid}`))).toEqual(revoked);
    expect(cardsResponse.parse(await json(rc, 'card list --status revoked')).cards).toEqual([revoked]);
  });

  it('says how a list goes on', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    await register(await rc.admin());
    expect((await run(rc, 'card list --limit 1')).out).toContain(
      `\nmore: cardea-rc card list --after ${uid}\n`,
    );
  });

  it.each([
    ['card show 12', 2, /a UID has 32 of 0-9 and a-f/],
    [`card show ${'0'.repeat(32)}`, 1, /no card has this UID/],
    [`card revoke ${'0'.repeat(32)} --reason bored`, 2, /--reason: one of lost, /],
    [`card revoke ${'0'.repeat(32)}`, 2, /required option '--reason/],
    [`card revoke ${'0'.repeat(32)} --reason lost`, 1, /no card has this UID/],
    ['card list --limit 501', 2, /--limit: /],
    ['card list --status lost', 2, /--status: /],
    ['card burn', 2, /unknown command 'burn'/],
  ] as const)('is told what is wrong with "%s"', async (words, code, message) => {
    const rc = await TestRc.start();
    const outcome = await run(rc, words);
    expect(outcome).toMatchObject({ code, out: '' });
    expect(outcome.err).toMatch(message);
    expect(outcome.err.split('\n')).toHaveLength(2);
  });

  it('refuses settings that do not exist', async () => {
    const rc = await TestRc.init();
    writeFileSync(join(rc.folder, 'settings.json'), '{"colour":"red"}');
    const { code, err } = await run(rc, 'serve');
    expect(code).toBe(2);
    expect(err).toContain('"colour"');
  });
});
