import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RcClient } from '../../../certs/rc-client.ts';
import { loadTlsIdentity } from '../../../certs/tls-identity.ts';
import { blankNtag } from '../../../hardware/sim/ntag-models.ts';
import { cardSummary } from '../../../protocol/rc-api/cards.ts';
import { initRc } from '../../../rc/init.ts';
import { createRcProgram } from '../../../rc/program.ts';
import { serveRc } from '../../../rc/serve.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { runCommandLine } from '../../../runtime/command-line.ts';
import { silentLog } from '../../../runtime/pino-log.ts';
import { systemRandom } from '../../../runtime/random.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { UID } from '../../hardware/rig.ts';
import { FakeInput, FakeOutput, fakeIo } from '../../runtime/fake-io.ts';
import { temporaryFolder } from '../../runtime/temporary-folder.ts';
import { registerLimbasiyaCard } from '../limbasiya-cards.ts';
import { PATIENT, randomHex, register } from '../registering.ts';
import { LOOPBACK } from '../running-rc.ts';

const surroundings = {
  clock: systemClock,
  network: tcpNetwork(systemClock),
  random: systemRandom,
  log: silentLog,
};

/** A registration centre that serves, and an empty card on the desk's reader. */
async function openDesk() {
  const folder = temporaryFolder();
  const data = join(folder, 'rc');
  const cardFile = join(folder, 'card.bin');
  await initRc({ surroundings, folder: data, address: LOOPBACK });
  const rc = await serveRc({ surroundings, folder: data, listen: LOOPBACK });
  onTestFinished(() => rc.close());
  const identity = await loadTlsIdentity(data, 'operator');
  const admin = new RcClient({ surroundings, rc: rc.address, identity });
  onTestFinished(() => admin.close());
  writeFileSync(cardFile, blankNtag('NTAG215', UID));
  const run = async (typed: string, ...words: string[]) => {
    const io = fakeIo();
    io.stdin.end(typed);
    const program = createRcProgram({ io, surroundings: () => surroundings });
    const code = await runCommandLine(program, ['card', ...words, '--data', data], io);
    return { code, out: io.stdout.text, err: io.stderr.text };
  };
  /** At a terminal, with somebody there. */
  const attended = async (typed: string, ...words: string[]) => {
    const stdin = new FakeInput('terminal');
    const stdout = Object.assign(new FakeOutput(), { isTTY: true });
    const io = { stdin, stdout, stderr: new FakeOutput(), environment: {} };
    stdin.end(typed);
    const program = createRcProgram({ io, surroundings: () => surroundings });
    const all = ['card', ...words, '--data', data, '--reader', `sim:${cardFile}`, '--log-n', '0'];
    const code = await runCommandLine(program, all, io);
    return { code, out: stdout.text, err: io.stderr.text };
  };
  const options = ['--reader', `sim:${cardFile}`, '--log-n', '0', '--pin-stdin', '--json'];
  const replace = (uid: string, typed = '482913\n', words = ['--no-recovery']) =>
    run(typed, 'replace', uid, ...options, ...words);
  return { folder, admin, cardFile, run, attended, replace };
}

describe('cardea-rc card replace', () => {
  it('turns a limbasiya-2021 card into a cardea-1 card of the same patient', async () => {
    const { admin, replace } = await openDesk();
    const old = await registerLimbasiyaCard(admin);
    const { code, out, err } = await replace(old.uid);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const card = cardSummary.parse(JSON.parse(out));
    expect(card).toMatchObject({
      suite: 'cardea-1',
      status: 'active',
      patientId: old.patientId,
      pinVersion: 1,
      ...PATIENT,
    });
    expect(await admin.card(old.uid)).toMatchObject({ status: 'revoked', reason: 'replaced' });
    expect((await admin.cards({ status: 'active' })).cards).toEqual([card]);
  });

  it('replaces a cardea-1 card, also one that was revoked as lost', async () => {
    const { admin, replace } = await openDesk();
    const { uid, summary } = await register(admin);
    await admin.revokeCard(uid, 'lost');
    const { code, out } = await replace(uid);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ patientId: summary.patientId, status: 'active' });
    expect(await admin.card(uid)).toMatchObject({ reason: 'lost' });
  });

  it('refuses a card that was replaced already, before a PIN is asked for', async () => {
    const { admin, replace } = await openDesk();
    const old = await registerLimbasiyaCard(admin);
    await register(admin, { id: old.patientId });
    const { code, err } = await replace(old.uid, '');
    expect(code).toBe(1);
    expect(err).toMatch(/^cardea-rc: this card was replaced already: .*"cardea-rc card find".*\n$/);
  });

  it('asks at a terminal whose card is to end, and changes nothing at a no', async () => {
    const { admin, attended } = await openDesk();
    const { uid, summary } = await register(admin);
    const question =
      'a new card for Asha Naik, record GOA/17; the old one (active) ends for ever: go on? y/n ';
    const no = await attended('n', 'replace', uid);
    expect(no).toMatchObject({ code: 1, out: '' });
    expect(no.err).toBe(`${question}n\ncardea-rc: nothing was replaced: the old card is as it was\n`);
    expect(await admin.card(uid)).toEqual(summary);

    const yes = await attended('y739105\r739105\r\r', 'replace', uid);
    expect(yes.code).toBe(0);
    expect(yes.err).toBe(`${question}y\nPIN: \nPIN again: \nEnter: the patient has it \n`);
    const [page = ''] = yes.out.split('\u001b[?1049h').slice(1);
    expect(page).toMatch(/Recovery code for the health card of Asha Naik\n\n {4}[0-9A-Z-]{23}\n/);
    expect(page.endsWith('\u001b[2J\u001b[H\u001b[?1049l')).toBe(true);
    expect(await admin.card(uid)).toMatchObject({ reason: 'replaced' });
    expect((await attended('739105\r739105\r\r', 'replace', uid, '--yes')).err).toContain('replaced already');
  });

  it('refuses a PIN made of the name, the record number or the date of birth', async () => {
    const { admin, replace } = await openDesk();
    const { uid } = await register(admin, { name: 'Asha Naik', record: 'GOA/4829' });
    for (const [pin, why] of [
      ['ashanaik99', 'made of the name'],
      ['482913', 'record number'],
      ['090784', 'date of birth'],
      ['123456', 'in a row'],
    ]) {
      const { code, err } = await replace(uid, `${pin}\n`, ['--no-recovery', '--born', '1984-07-09']);
      expect({ code, says: err.includes(why ?? '') }).toEqual({ code: 1, says: true });
      expect(err).not.toContain(pin);
    }
    expect(await replace(uid, '090784\n', ['--no-recovery', '--born', '1984-02-30'])).toMatchObject({
      code: 2,
    });
    expect(await admin.card(uid)).toMatchObject({ status: 'active' });
  });

  it('refuses a UID that is none, one that nobody knows, and a code that cannot be shown', async () => {
    const { admin, replace } = await openDesk();
    expect(await replace('12')).toMatchObject({ code: 2, err: expect.stringContaining('a UID has 32 of') });
    const unknown = await replace(randomHex(32));
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining('no card has this UID') });
    const { uid } = await registerLimbasiyaCard(admin);
    expect(await replace(uid, '482913\n', [])).toMatchObject({
      code: 2,
      err: expect.stringContaining('say --recovery-out FILE, or --no-recovery'),
    });
    expect(await admin.card(uid)).toMatchObject({ status: 'active' });
  });

  it('leaves the old card good when the new one cannot be made', async () => {
    const { admin, cardFile, folder, replace } = await openDesk();
    const { uid } = await registerLimbasiyaCard(admin);
    writeFileSync(cardFile, blankNtag('NTAG213', UID));
    const codeFile = join(folder, 'code.txt');
    const { code, err } = await replace(uid, '482913\n', ['--recovery-out', codeFile]);
    expect(code).toBe(1);
    expect(err).toMatch(/^cardea-rc: nothing was registered: .*\n$/);
    expect(existsSync(codeFile)).toBe(false);
    expect(await admin.card(uid)).toMatchObject({ status: 'active' });
  });
});

describe('cardea-rc card list, show and revoke', () => {
  it('name the suite, and a limbasiya-2021 card by its own UID', async () => {
    const { admin, run } = await openDesk();
    const { uid } = await registerLimbasiyaCard(admin);
    expect((await run('', 'list')).out).toMatch(new RegExp(`\\n${uid}  .*  active  limbasiya-2021\\n$`));
    const shown = (await run('', 'show', uid)).out;
    expect(shown).toMatch(/\nsuite {7}limbasiya-2021\n/);
    expect(shown).not.toContain('PIN number');
    expect((await run('', 'revoke', uid, '--reason', 'lost')).out).toMatch(/^revoked: lost since /);
    expect((await run('', 'list', '--status', 'active')).out).toBe('no cards\n');
  });
});
