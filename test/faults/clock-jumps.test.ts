import { describe, expect, it } from 'vitest';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { renewHubIdentity } from '../../certs/hub-renewal.ts';
import { joinNetwork } from '../../certs/join.ts';
import { RcClient } from '../../certs/rc-client.ts';
import { isTlsFresh, refreshTlsIdentity } from '../../certs/renewal.ts';
import { loadTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import { register } from '../rc/registering.ts';
import { TestRc } from '../rc/running-rc.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';

const DAY = 24 * 60 * 60 * 1000;
const YEAR = 365 * DAY;

/** The registration centre's machine is switched off, and its clock is another when it wakes. */
async function wakeAfter(rc: TestRc, ms: number): Promise<void> {
  await rc.stop();
  rc.clock.jump(ms);
  await rc.serve();
}

/** Asks as somebody whose own clock is right, whatever the registration centre's says. */
function askAt(rc: TestRc, now: number, identity: TlsIdentity): Promise<unknown> {
  const surroundings = {
    ...rc.surroundings,
    clock: {
      ...rc.clock,
      now: () => now,
      after: rc.clock.after.bind(rc.clock),
      monotonic: () => rc.clock.monotonic(),
    },
  };
  const client = new RcClient({ surroundings, rc: rc.running.address, identity });
  return client.hubs().finally(() => client.close());
}

describe('a registration centre whose clock', () => {
  it.each([
    {
      clock: 'woke in 1970',
      jump: -57 * YEAR,
      says: /clock says 19[67][0-9]-.* authority was made on 2027-01-15: set the clock$/,
    },
    {
      clock: 'leapt by 30 years',
      jump: 30 * YEAR,
      says: /clock says 205[67]-.* authority ended on 2047-01-10: set the clock; /,
    },
  ])('$clock does not start, says why, and loses nothing', async ({ jump, says }) => {
    const rc = await TestRc.start();
    const { uid } = await register(await rc.admin());
    await rc.stop();
    rc.clock.jump(jump);
    await expect(rc.serve()).rejects.toMatchObject({
      code: 'impossible-time',
      message: expect.stringMatching(says),
    });
    rc.clock.jump(-jump);
    await rc.serve();
    expect((await (await rc.admin()).card(uid)).status).toBe('active');
  });

  it('leaps by two years turns members away in plain words, and knows them again once it is set', async () => {
    const rc = await TestRc.start();
    const { identity } = await rc.admitHub('goa-01');
    const now = rc.clock.now();
    await wakeAfter(rc, 2 * YEAR);
    // For whoever asks with the right time the registration centre's new certificate begins in the future.
    await expect(askAt(rc, now, identity)).rejects.toMatchObject({
      code: 'rc-untrusted',
      message: expect.stringMatching(/valid only from 2029-01-1\d on: check this machine's clock$/),
    });
    await expect(rc.client(identity).hubs()).rejects.toMatchObject({
      problemCode: 'certificate-expired',
      message: expect.stringContaining('goa-01 has expired: ask the network'),
    });
    await wakeAfter(rc, -2 * YEAR);
    expect(await askAt(rc, now, identity)).toMatchObject({ hubs: [{ id: 'goa-01' }] });
  });

  it('leapt and was set again while it served shows a certificate of the right time within the hour', async () => {
    const rc = await TestRc.start();
    const { identity } = await rc.admitHub('goa-01');
    const now = rc.clock.now();
    rc.clock.jump(2 * YEAR);
    await rc.clock.advance(60 * 60 * 1000);
    await expect.poll(() => rc.log.lines.join('\n')).toContain('own certificate was renewed');
    rc.clock.jump(-2 * YEAR);
    rc.log.lines.length = 0;
    await rc.clock.advance(60 * 60 * 1000);
    await expect.poll(() => rc.log.lines.join('\n')).toContain('own certificate was renewed');
    expect(await askAt(rc, now + 2 * 60 * 60 * 1000, identity)).toMatchObject({ hubs: [{ id: 'goa-01' }] });
  });

  it('falls back to 1970 while it serves goes on with what it has, and says what is wrong', async () => {
    const rc = await TestRc.start();
    rc.clock.jump(-57 * YEAR);
    await rc.clock.advance(60 * 60 * 1000);
    await expect
      .poll(() => rc.log.lines.join('\n'))
      .toMatch(/error .*not renewed.*clock says 19.*set the clock/);
  });
});

describe('a member whose certificate was issued while the clocks were wrong', () => {
  it('renews it as soon as they are right', async () => {
    const rc = await TestRc.start();
    const token = await rc.mint({ kind: 'hub', id: 'goa-01', location: 'Goa', address: 'goa.example:8441' });
    const folder = temporaryFolder();
    const { surroundings } = rc;
    await joinNetwork({ surroundings, folder, token, kind: 'hub' });
    const renew = async () => {
      const client = rc.client(await loadTlsIdentity(folder));
      await renewHubIdentity(await loadHubIdentity(folder), { surroundings, client, folder });
      const { clock } = surroundings;
      return refreshTlsIdentity(await loadTlsIdentity(folder), { clock, client, folder });
    };
    await wakeAfter(rc, 100 * DAY);
    const early = await renew();
    await wakeAfter(rc, -100 * DAY);
    const now = rc.clock.now();
    expect(isTlsFresh(early.certificate, now)).toBe(false);
    const late = await renew();
    expect(late.certificate).not.toEqual(early.certificate);
    expect(isTlsFresh(late.certificate, now)).toBe(true);
    expect((await loadHubIdentity(folder)).notBefore).toBeLessThanOrEqual(now);
    expect((await rc.client(late).hubs()).hubs).toHaveLength(1);
  });
});
