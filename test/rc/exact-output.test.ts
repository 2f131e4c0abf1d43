import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blankNtag } from '../../hardware/sim/ntag-models.ts';
import { createRcProgram } from '../../rc/program.ts';
import { systemClock } from '../../runtime/clock.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { UID } from '../hardware/rig.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { register } from './registering.ts';
import { NOW, TestRc } from './running-rc.ts';

// What scripts read and people copy: every byte of it is fixed here, but for what is random or differs from machine
// to machine. Those are given names: <uid>, <generation>.

const DAY = 24 * 60 * 60 * 1000;

/** Runs a command that has to end well. @param names what is printed instead of a value that is random */
async function shown(rc: TestRc, words: string, names: Readonly<Record<string, string>> = {}, stdin = '') {
  const io = fakeIo();
  io.stdin.end(stdin);
  // Reader and card take real time, at a moment that stands still.
  const surroundings = { ...rc.surroundings, clock: { ...systemClock, now: () => rc.clock.now() } };
  const program = createRcProgram({ io, surroundings: () => surroundings });
  const code = await runCommandLine(program, [...words.split(' '), '--data', rc.folder], io);
  expect({ code, err: io.stderr.text }).toEqual({ code: 0, err: '' });
  return Object.entries(names).reduce(
    (out, [name, value]) => out.replaceAll(value, `<${name}>`),
    io.stdout.text,
  );
}

async function json(...args: Parameters<typeof shown>): Promise<unknown> {
  const [rc, words, ...more] = args;
  const out = await shown(rc, `${words} --json`, ...more);
  expect(out.endsWith('}\n')).toBe(true);
  return JSON.parse(out);
}

/** An empty card on the reader: what `--reader` is told. */
function emptyCard(): string {
  const file = join(temporaryFolder(), 'card.bin');
  writeFileSync(file, blankNtag('NTAG215', UID));
  return `sim:${file}`;
}

const MAKING = 'lay the card on the reader\nPIN evaluated\ncard sealed\ncard written\ncard registered\n';

/** The UID of the only card there is that is good. */
async function goodCard(rc: TestRc): Promise<string> {
  const { cards } = await (await rc.admin()).cards({ status: 'active' });
  expect(cards).toHaveLength(1);
  return cards[0]?.uid ?? '';
}

describe('cardea-rc card register and replace print', () => {
  const words = () => `--reader ${emptyCard()} --log-n 0 --pin-stdin`;

  it('the steps and the card, as text', async () => {
    const rc = await TestRc.start();
    const name = '--name Asha --record GOA/17';
    const registered = await shown(rc, `card register ${words()} ${name} --no-recovery`, {}, '482913\n');
    const uid = await goodCard(rc);
    const card = (of: string) => `UID         ${of}
patient     Asha
record      GOA/17
state       active
suite       cardea-1
PIN number  1
registered  2027-01-15 08:00:00Z by admin
`;
    expect(registered).toBe(`${MAKING}${card(uid)}`);
    const codeFile = join(temporaryFolder(), 'code.txt');
    const replaced = await shown(
      rc,
      `card replace ${uid} ${words()} --recovery-out ${codeFile}`,
      {},
      '739105\n',
    );
    expect(replaced).toBe(`${MAKING}${card(await goodCard(rc))}`);
    expect(readFileSync(codeFile, 'utf8')).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}\n$/);
  });

  it('the card and whether it has a recovery code, as JSON', async () => {
    const rc = await TestRc.start();
    const registered = await json(rc, `card register ${words()} --name Asha --no-recovery`, {}, '482913\n');
    const uid = await goodCard(rc);
    const card = {
      suite: 'cardea-1',
      status: 'active',
      locked: false,
      pinVersion: 1,
      patientId: expect.stringMatching(/^[0-9a-f]{32}$/),
      name: 'Asha',
      record: null,
      registered: NOW,
      registeredBy: 'admin',
      revoked: null,
      reason: null,
    };
    expect(registered).toEqual({ uid, ...card, recovery: false });
    const codeFile = join(temporaryFolder(), 'code.txt');
    const flags = `--recovery-out ${codeFile}`;
    const replaced = await json(rc, `card replace ${uid} ${words()} ${flags}`, {}, '739105\n');
    expect(replaced).toEqual({ uid: await goodCard(rc), ...card, recovery: true });
  });
});

describe('cardea-rc card list and revoke print', () => {
  it('cards as text and as JSON', async () => {
    const rc = await TestRc.start();
    expect(await shown(rc, 'card list')).toBe('no cards\n');
    expect(await json(rc, 'card list')).toEqual({ cards: [], next: null });
    const { uid, summary } = await register(await rc.admin(), { name: 'Asha Naik', record: 'GOA/17' });
    expect(await shown(rc, 'card list', { uid })).toBe(
      `UID                               patient    record  state   suite\n<uid>  Asha Naik  GOA/17  active  cardea-1\n`,
    );
    expect(await json(rc, 'card list')).toEqual({ cards: [summary], next: null });
    expect(await shown(rc, `card revoke ${uid} --reason deceased`)).toBe(
      'revoked: deceased since 2027-01-15 08:00:00Z\n',
    );
    expect(await json(rc, `card revoke ${uid} --reason lost`)).toEqual({
      ...summary,
      status: 'revoked',
      revoked: NOW,
      reason: 'deceased',
    });
  });
});

describe('cardea-rc status and hub list print', () => {
  it('a network of nobody else, as text and as JSON', async () => {
    const rc = await TestRc.start();
    const { generation, authority, audit } = await (await rc.admin()).status();
    const names = { generation, authority, anchor: audit.anchor };
    expect(await shown(rc, 'status', names)).toBe(`cards: 0 active (0 locked), 0 revoked
members: 0 hubs, 0 terminals, 1 operator
feed: 0 changes, generation <generation>
authority: SHA-256 <authority>
master key for new cards: number 0
audit trail: 3 rows; to be written down: anchor <anchor>
its own certificate ends 2027-04-15 08:00:00Z
`);
    expect(await json(rc, 'status', names)).toEqual({
      time: NOW,
      generation: '<generation>',
      sequence: 0,
      authority: '<authority>',
      earlierAuthorities: 0,
      masterKey: 0,
      certificateEnds: NOW + 90 * DAY,
      cards: { active: 0, locked: 0, revoked: 0 },
      members: { hubs: 0, devices: 0, operators: 1 },
      hubs: [],
      restored: null,
      missing: { count: 0, cards: [] },
      doubted: { count: 0, cards: [] },
      audit: { rows: 3, anchor: '<anchor>' },
    });
    expect(await shown(rc, 'hub list')).toBe('no hub has joined yet\n');
    expect(await json(rc, 'hub list')).toEqual({ hubs: [] });
  });

  it('each hub with how it stands, and one that is revoked', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    await rc.admitHub('pune-02');
    const { uid } = await register(admin);
    await client.feed({ version: '1.2.3', listOf: NOW - 3 * DAY, certificateEnds: NOW + DAY });
    await client.report({
      tries: [{ uid, epoch: 0, running: 1, open: 5, total: 5, locked: true }],
      pins: [],
    });
    await admin.revokeMember('pune-02', 'hub');
    const table = `hub                location  address               last heard            behind  lists   version  certificate ends      locks
goa-01             Goa       goa-01.example:8441   2027-01-15 08:00:00Z  1       3 days  1.2.3    2027-01-16 08:00:00Z  1
pune-02 (revoked)  Goa       pune-02.example:8441  never                 1       -       -        -                     0
`;
    expect(await shown(rc, 'hub list')).toBe(table);
    const { generation, authority, audit } = await admin.status();
    expect(
      await shown(rc, 'status', { generation, authority, anchor: audit.anchor }),
    ).toBe(`cards: 1 active (1 locked), 0 revoked
members: 1 hub, 0 terminals, 1 operator
feed: 2 changes, generation <generation>
authority: SHA-256 <authority>
master key for new cards: number 0
audit trail: ${audit.rows} rows; to be written down: anchor <anchor>
its own certificate ends 2027-04-15 08:00:00Z

${table}`);
    const hub = (id: string) => ({ id, location: 'Goa', address: `${id}.example:8441`, behind: 1 });
    expect(await json(rc, 'hub list')).toEqual({
      hubs: [
        {
          ...hub('goa-01'),
          revoked: false,
          lastSeen: NOW,
          standing: {
            listAgeSeconds: 259_200,
            version: '1.2.3',
            tlsCertificateEnds: NOW + 90 * DAY,
            hubCertificateEnds: NOW + DAY,
            locks: 1,
            alarm: false,
            trail: { rows: 0, begunAnew: null },
          },
        },
        {
          ...hub('pune-02'),
          revoked: true,
          lastSeen: null,
          standing: {
            listAgeSeconds: null,
            version: null,
            tlsCertificateEnds: null,
            hubCertificateEnds: null,
            locks: 0,
            alarm: false,
            trail: { rows: 0, begunAnew: null },
          },
        },
      ],
    });
  });
});

describe('cardea-rc hub, device and operator print', () => {
  it('who was cut off, as text and as JSON', async () => {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const { client } = await rc.admitHub('goa-01');
    const { uid } = await register(admin);
    await client.report({
      tries: [{ uid, epoch: 0, running: 1, open: 5, total: 5, locked: true }],
      pins: [],
    });
    for (const id of ['desk-1', 'desk-2']) await rc.admit({ kind: 'device', id });
    await rc.admit({ kind: 'operator', id: 'asha', role: 'registrar' });
    expect(
      await shown(rc, 'hub revoke goa-01'),
    ).toBe(`goa-01 is revoked since 2027-01-15 08:00:00Z; 1 open connection was cut
locks lifted that only it had made: 1
terminals believe it until its certificate ends, at most 14 days from its last renewal
`);
    expect(await json(rc, 'hub revoke goa-01')).toEqual({
      id: 'goa-01',
      revoked: NOW,
      connectionsCut: 0,
      unlocked: 0,
    });
    expect(
      await shown(rc, 'device revoke desk-1'),
    ).toBe(`desk-1 is revoked since 2027-01-15 08:00:00Z; 0 open connections were cut
hubs serve whatever terminal reaches them: take it away, or keep it off their network
`);
    expect(
      await shown(rc, 'operator revoke asha'),
    ).toBe(`asha is revoked since 2027-01-15 08:00:00Z; 0 open connections were cut
what they did stands, in the audit trail too; their cards in the making are not completed
`);
    expect(await shown(rc, 'device list')).toBe(`id                since                 certificate ends
desk-1 (revoked)  2027-01-15 08:00:00Z  revoked 2027-01-15 08:00:00Z
desk-2            2027-01-15 08:00:00Z  2027-04-15 08:00:00Z
`);
    const desk = { kind: 'device', role: null, admitted: NOW, certificateEnds: NOW + 90 * DAY };
    expect(await json(rc, 'device list')).toEqual({
      members: [
        { id: 'desk-1', ...desk, revoked: NOW },
        { id: 'desk-2', ...desk, revoked: null },
      ],
    });
  });

  it('a string to join with, as JSON', async () => {
    const rc = await TestRc.start();
    const token = expect.stringMatching(/^cardea-join-[A-Za-z0-9_-]+$/);
    const hub = 'token hub --id goa-01 --location Goa --address goa-01.example:8441';
    const expires = NOW + DAY;
    expect(await json(rc, hub)).toEqual({ kind: 'hub', id: 'goa-01', token, expires });
    expect(await json(rc, 'token device --id desk-1')).toEqual({
      kind: 'device',
      id: 'desk-1',
      token,
      expires,
    });
  });
});

describe('cardea-rc rotate and audit verify print', () => {
  it('what was made, and what is to be done now', async () => {
    const rc = await TestRc.start();
    const authority = async () => ({ authority: (await (await rc.admin()).status()).authority });
    const ca = await shown(rc, 'rotate ca');
    expect(ca).toBe(`the authority was rotated: SHA-256 ${(await authority()).authority}
hubs, terminals and operators learn of it by themselves; cards of before it go on, new ones pin it
now: cardea-rc backup, since no earlier backup has its key
`);
    const again = await json(rc, 'rotate ca');
    expect(again).toEqual({ ...(await authority()), caPin: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(
      await shown(rc, 'rotate master'),
    ).toBe(`new cards are made with master key number 1; those of before it go on
now: cardea-rc backup, since no earlier backup has that key
`);
    expect(await json(rc, 'rotate master')).toEqual({ keyId: 2 });
    const { audit } = await (await rc.admin()).status();
    const verified = await shown(rc, 'audit verify');
    expect(verified).toMatch(/^the trail is as it was written: [0-9]+ rows, anchor [0-9]+:[0-9a-f]{32}\n$/);
    expect(await json(rc, 'audit verify')).toEqual({
      intact: true,
      rows: audit.rows + 2,
      anchor: expect.stringMatching(new RegExp(`^${audit.rows + 2}:[0-9a-f]{32}$`)),
    });
  });
});
