import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRcProgram } from '../../rc/program.ts';
import { serveRc } from '../../rc/serve.ts';
import { runCommandLine } from '../../runtime/command-line.ts';
import { fakeIo } from '../runtime/fake-io.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { randomHex, register } from './registering.ts';
import { Joiner, LOOPBACK, TestRc } from './running-rc.ts';

const PASSPHRASE = 'five words are better than one';

async function run(rc: TestRc, words: readonly string[], input = '', folder = rc.folder) {
  const io = fakeIo();
  io.stdin.end(input);
  const program = createRcProgram({ io, surroundings: () => rc.surroundings, sealingLogN: 10 });
  const code = await runCommandLine(program, [...words, '--data', folder], io);
  return { code, out: io.stdout.text, err: io.stderr.text };
}

/** Where the registration centre was goes, and it goes on from a backup in the same place. */
async function loseAndRestore(rc: TestRc, backup: string, input = '') {
  await rc.stop();
  rmSync(rc.folder, { recursive: true });
  const words = ['restore', backup, ...(input === '' ? [] : ['--passphrase-stdin'])];
  return run(rc, words, input);
}

describe('cardea-rc backup and restore', () => {
  it('go on elsewhere with the same network, cards and keys, while serve runs or not', async () => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    const target = join(temporaryFolder(), 'monday');
    const made = await run(rc, ['backup', target]);
    expect(made).toMatchObject({ code: 0, err: '' });
    expect(made.out).toMatch(
      /^the registration centre was backed up to .*monday; it holds the network's keys in the clear: /,
    );
    expect(readdirSync(join(target, 'keys')).sort()).toEqual([
      'authority.pem',
      'limbasiya.key',
      'master-0.key',
    ]);
    const before = await (await rc.admin()).status();
    const restored = await loseAndRestore(rc, target);
    expect(restored).toMatchObject({ code: 0, err: '' });
    expect(restored.out).toContain('admin has a new certificate in it');
    await rc.serve();
    const admin = await rc.admin();
    expect(await admin.card(uid)).toMatchObject({ uid, status: 'active' });
    const after = await admin.status();
    expect(after).toMatchObject({
      authority: before.authority,
      restored: rc.clock.now(),
      missing: { count: 0 },
    });
    expect(after.generation).not.toBe(before.generation);
    await register(admin);
    await rc.stop();
    expect(await run(rc, ['backup', join(temporaryFolder(), 'tuesday')])).toMatchObject({ code: 0 });
    expect(await run(rc, ['audit', 'verify'])).toMatchObject({ code: 0 });
  });

  it('seal the keys in the backup under a passphrase, without which nothing is restored', async () => {
    const rc = await TestRc.start();
    const target = join(temporaryFolder(), 'monday');
    const sealed = await run(rc, ['backup', target, '--seal', '--passphrase-stdin'], `${PASSPHRASE}\n`);
    expect(sealed).toMatchObject({ code: 0, err: '' });
    for (const name of readdirSync(join(target, 'keys'))) {
      expect(readFileSync(join(target, 'keys', name), 'utf8')).toContain('cardea-sealed');
    }
    expect(existsSync(join(target, 'operator'))).toBe(false);
    const wrong = await loseAndRestore(rc, target, 'another passphrase\n');
    expect(wrong).toMatchObject({ code: 1, out: '' });
    expect(wrong.err).toContain('the passphrase is wrong');
    expect(existsSync(join(rc.folder, 'network.json'))).toBe(false);
    expect(await run(rc, ['restore', target, '--passphrase-stdin'], `${PASSPHRASE}\n`)).toMatchObject({
      code: 0,
    });
  });

  it('refuse to overwrite, what is no backup, and what is damaged; nothing is touched', async () => {
    const rc = await TestRc.start();
    const above = temporaryFolder();
    const target = join(above, 'monday');
    await run(rc, ['backup', target]);
    expect(await run(rc, ['backup', target])).toMatchObject({
      code: 1,
      err: expect.stringContaining('exists already'),
    });
    await rc.stop();
    const occupied = await run(rc, ['restore', target]);
    expect(occupied).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') });
    const empty = join(temporaryFolder(), 'new');
    expect(await run(rc, ['restore', above], '', empty)).toMatchObject({
      code: 1,
      err: expect.stringContaining('is no backup'),
    });
    writeFileSync(join(target, 'store.sqlite'), 'x');
    const damaged = await run(rc, ['restore', target], '', empty);
    expect(damaged).toMatchObject({
      code: 1,
      err: expect.stringContaining('store.sqlite is not what was written'),
    });
    expect(existsSync(join(empty, 'network.json'))).toBe(false);
  });

  it('void join strings that may have been used since', async () => {
    const rc = await TestRc.start();
    const token = await rc.mint({ kind: 'device', id: 'desk-9' });
    const target = join(temporaryFolder(), 'monday');
    await run(rc, ['backup', target]);
    await loseAndRestore(rc, target);
    await rc.serve();
    await expect((await rc.stranger()).join(new Joiner(token).request)).rejects.toMatchObject({
      problemCode: 'token-refused',
    });
  });

  it('begin a restore anew that was cut short', async () => {
    const rc = await TestRc.start();
    const target = join(temporaryFolder(), 'monday');
    await run(rc, ['backup', target]);
    await rc.stop();
    const folder = join(temporaryFolder(), 'new');
    expect(await run(rc, ['restore', target], '', folder)).toMatchObject({ code: 0 });
    // As it lies when the last step but one was done.
    rmSync(join(folder, 'network.json'));
    writeFileSync(join(folder, 'restore-under-way'), '');
    expect(await run(rc, ['restore', target], '', folder)).toMatchObject({ code: 0 });
    const running = await serveRc({ surroundings: rc.surroundings, folder, listen: LOOPBACK });
    await running.close();
  });
});

describe('cardea-rc restore --audit', () => {
  /** After the backup a hub, an operator and a card are revoked, a terminal joins, and a card is registered. */
  async function afterTheBackup() {
    const rc = await TestRc.start();
    const admin = await rc.admin();
    const bad = await rc.admitHub('goa-01');
    await rc.admitHub('pune-02');
    const asha = await rc.admit({ kind: 'operator', id: 'asha', role: 'admin' });
    const [kept, stolen] = [await register(admin), await register(admin)];
    const target = join(temporaryFolder(), 'monday');
    await run(rc, ['backup', target]);
    await admin.revokeMember('goa-01', 'hub');
    await admin.revokeMember('asha', 'operator');
    await admin.revokeCard(stolen.uid, 'stolen');
    await rc.admit({ kind: 'device', id: 'desk-1' });
    const since = await register(admin);
    await admin.revokeCard(since.uid, 'lost');
    const trail = join(temporaryFolder(), 'trail.jsonl');
    writeFileSync(trail, (await run(rc, ['audit', '--format', 'jsonl'])).out);
    return { rc, bad, asha, kept, stolen, since, target, trail };
  }

  it('revokes again whom and what the trail says, and tells who is a member', async () => {
    const { rc, bad, asha, kept, stolen, since, target, trail } = await afterTheBackup();
    await rc.stop();
    rmSync(rc.folder, { recursive: true });
    const { code, out, err } = await run(rc, ['restore', target, '--audit', trail]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out.split('\n').slice(2, 5)).toEqual([
      'revoked again, as the trail says: members goa-01, asha; 2 cards',
      'joined since, and unknown now: desk-1; registered since, and missing: 1 card',
      'members now: operators admin; hubs pune-02; 0 terminals; what the trail does not say is to be revoked anew',
    ]);
    await rc.serve();
    for (const { identity } of [bad, asha]) {
      await expect(rc.client(identity).hubs()).rejects.toMatchObject({ problemCode: 'member-revoked' });
    }
    const admin = await rc.admin();
    expect(await admin.card(kept.uid)).toMatchObject({ status: 'active' });
    expect(await admin.card(stolen.uid)).toMatchObject({ status: 'revoked', reason: 'stolen' });
    expect(await admin.card(since.uid)).toMatchObject({ status: 'revoked', reason: 'lost' });
    await rc.stop();
    expect(await run(rc, ['audit', 'verify'])).toMatchObject({ code: 0 });
  });

  it('restores nothing from a trail that was changed, is not whole, or is another’s', async () => {
    const { rc, target, trail } = await afterTheBackup();
    const lines = readFileSync(trail, 'utf8').trim().split('\n');
    const other = await TestRc.start();
    await register(await other.admin());
    const strange = (await run(other, ['audit', '--format', 'jsonl'])).out;
    const spoilt: [string, RegExp][] = [
      [
        lines.map((line) => line.replace('"member":"asha"', '"member":"goa-09"')).join('\n'),
        /does not go on/,
      ],
      [[...lines.slice(0, -4), ...lines.slice(-3)].join('\n'), /does not go on/],
      [`${strange}${lines.slice(-2).join('\n')}`, /does not go on/],
      ['nonsense', /cannot be read as what/],
    ];
    await rc.stop();
    const folder = join(temporaryFolder(), 'new');
    for (const [content, message] of spoilt) {
      writeFileSync(trail, content);
      const { code, err } = await run(rc, ['restore', target, '--audit', trail], '', folder);
      expect(code).toBe(1);
      expect(err).toMatch(message);
      expect(existsSync(join(folder, 'network.json'))).toBe(false);
    }
  });

  it('is missed where there is none: whoever was revoked since is named as what they are again', async () => {
    const { rc, bad, target } = await afterTheBackup();
    await rc.stop();
    rmSync(rc.folder, { recursive: true });
    const { out } = await run(rc, ['restore', target]);
    expect(out).toMatch(
      /\nwhoever was revoked after 2027-01-15T08:00:00.000Z is a member again, and this cannot know of it: revoke them anew\nmembers now: operators admin, asha; hubs goa-01, pune-02; 0 terminals\n/,
    );
    await rc.serve();
    expect((await rc.client(bad.identity).hubs()).hubs).toHaveLength(2);
  });
});

describe('a restored registration centre', () => {
  /** One that was restored from before anything, and a hub that was there then. */
  async function restored() {
    const rc = await TestRc.start();
    const { client, identity } = await rc.admitHub('goa-01');
    const card = await register(await rc.admin());
    client.close();
    const target = join(temporaryFolder(), 'monday');
    await run(rc, ['backup', target]);
    await loseAndRestore(rc, target);
    await rc.serve();
    return { rc, hub: rc.client(identity), admin: await rc.admin(), known: card.uid };
  }
  const report = (held: { uid: string; revoked: boolean }[]) => ({
    tries: [],
    pins: [],
    held: held.map((card) => ({ pinVersion: 1, ...card })),
  });

  it('names the cards that hubs hold and it does not know, until they are revoked', async () => {
    const { rc, hub, admin, known } = await restored();
    const lost = randomHex(16);
    await hub.report(
      report([
        { uid: lost, revoked: false },
        { uid: known, revoked: false },
      ]),
    );
    await hub.report(report([{ uid: lost, revoked: false }]));
    const { missing } = await admin.status();
    expect(missing).toEqual({
      count: 1,
      cards: [{ uid: lost, pinVersion: 1, hub: 'goa-01', since: rc.clock.now() }],
    });
    const { out } = await run(rc, ['status']);
    expect(out).toContain('MISSING: 1 card,');
    expect(out).toContain(`  ${lost}, told by goa-01 2027-01-15 08:00:00Z\n`);
    const { cursor, generation } = await hub.feed({});
    expect(await admin.revokeCard(lost, 'other')).toMatchObject({
      status: 'revoked',
      name: 'registered after the backup',
    });
    expect((await admin.status()).missing).toEqual({ count: 0, cards: [] });
    const { changes } = await hub.feed({ generation, after: cursor });
    expect(changes).toMatchObject([{ card: { uid: lost, status: 'revoked' } }]);
  });

  it('loses no revocation that a hub knows of, of cards that it knows and of others', async () => {
    const { hub, admin, known } = await restored();
    const lost = randomHex(16);
    await hub.report(
      report([
        { uid: known, revoked: true },
        { uid: lost, revoked: true },
      ]),
    );
    expect(await admin.card(known)).toMatchObject({ status: 'revoked', reason: 'other' });
    expect(await admin.card(lost)).toMatchObject({ status: 'revoked' });
    expect((await admin.status()).missing.count).toBe(0);
  });

  it('is what it takes: one that never was restored believes no such report', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admitHub('goa-01');
    const admin = await rc.admin();
    const { uid } = await register(admin);
    await client.report(
      report([
        { uid, revoked: true },
        { uid: randomHex(16), revoked: false },
      ]),
    );
    expect(await admin.card(uid)).toMatchObject({ status: 'active' });
    expect((await admin.status()).missing.count).toBe(0);
  });
});
