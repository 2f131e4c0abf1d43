import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { decodeJoinToken } from '../../certs/join-token.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import type { TokenRequest } from '../../protocol/rc-api/join.ts';
import { Joiner, NOW, TestRc } from './running-rc.ts';

const HUB = {
  kind: 'hub',
  id: 'goa-01',
  location: 'Goa',
  address: 'goa-01.example:8441',
} as const satisfies TokenRequest;
const DAY = 24 * 60 * 60 * 1000;
const REFUSED = { code: 'rc-refused', problemCode: 'token-refused', status: 403 };

describe('joining', () => {
  it('gives a hub certificates that say what the operator wrote', async () => {
    const rc = await TestRc.start();
    const { response, client } = await rc.admitHub('goa-01');
    expect(response).toMatchObject({ kind: 'hub', id: 'goa-01', hub: { location: 'Goa' } });

    const chain = [fromHex(response.hub?.certificate ?? ''), ...response.authorities.map(fromHex)];
    const authorities = response.authorities.map(fromHex);
    expect(verifyHubChain(chain, { now: NOW, authorities })).toMatchObject({
      hubId: 'goa-01',
      location: 'Goa',
    });
    const tls = new X509Certificate(fromHex(response.tlsCertificate));
    expect(tls.subject).toBe('CN=goa-01');
    expect((await client.hubs()).hubs).toMatchObject([{ id: 'goa-01', address: 'goa-01.example:8441' }]);
  });

  it('gives an operator the role that is in the token', async () => {
    const rc = await TestRc.start();
    const { response, client } = await rc.admit({ kind: 'operator', id: 'desk-1', role: 'auditor' });
    expect(response).toMatchObject({ id: 'desk-1', role: 'auditor', hubs: [] });
    expect(response.hub).toBeUndefined();
    await expect(client.mintToken(HUB)).rejects.toMatchObject({ problemCode: 'not-allowed' });
  });

  it('puts into the token where the registration centre is, and whom to believe there', async () => {
    const rc = await TestRc.start();
    const token = decodeJoinToken(await rc.mint(HUB));
    const { authority } = await (await rc.admin()).status();
    expect(token).toMatchObject({ kind: 'hub', rc: rc.running.address, expires: NOW + DAY });
    expect(toHex(token.fingerprint)).toBe(authority);
  });

  it('answers the same joiner alike after a lost reply, also after a restart', async () => {
    const rc = await TestRc.start();
    const joiner = new Joiner(await rc.mint(HUB));
    const first = await (await rc.stranger()).join(joiner.request);
    await rc.stop();
    await rc.serve();
    expect(await (await rc.stranger()).join(joiner.request)).toEqual(first);
  });

  it('refuses a used, an expired, a replaced and an invented token alike, and tells the operator which', async () => {
    const rc = await TestRc.start();
    const used = await rc.mint(HUB);
    const stranger = await rc.stranger();
    await stranger.join(new Joiner(used).request);
    await expect(stranger.join(new Joiner(used).request)).rejects.toMatchObject(REFUSED);

    const device: TokenRequest = { kind: 'device', id: 'desk-1' };
    const replaced = await rc.mint(device);
    const expired = await rc.mint(device);
    await expect(stranger.join(new Joiner(replaced).request)).rejects.toMatchObject(REFUSED);
    const invented = { ...new Joiner(expired).request, secret: '00'.repeat(16) };
    await expect(stranger.join(invented)).rejects.toMatchObject(REFUSED);
    await rc.clock.advance(DAY);
    await expect(stranger.join(new Joiner(expired).request)).rejects.toMatchObject(REFUSED);

    const told = rc.log.lines.filter((line) => line.startsWith('warn a join token was refused'));
    expect(told.map((line) => /"reason":"([a-z]+)"/.exec(line)?.[1])).toEqual([
      'used',
      'replaced',
      'unknown',
      'expired',
    ]);
    await rc.stop();
    const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'), { readonly: true });
    const rows = db.prepare("SELECT member, detail FROM audit WHERE outcome = 'token-refused'").all();
    db.close();
    expect(rows).toEqual([
      { member: 'goa-01', detail: 'token=used' },
      { member: 'desk-1', detail: 'token=replaced' },
      { member: null, detail: 'token=unknown' },
      { member: 'desk-1', detail: 'token=expired' },
    ]);
  });

  it('refuses a token in the hands of another kind of joiner', async () => {
    const rc = await TestRc.start();
    const joiner = new Joiner(await rc.mint({ kind: 'operator', id: 'boss', role: 'admin' }));
    const stranger = await rc.stranger();
    await expect(stranger.join({ ...joiner.request, kind: 'device' })).rejects.toMatchObject(REFUSED);
    expect(await stranger.join(joiner.request)).toMatchObject({ role: 'admin' });
  });

  it('certifies no key that is none, and the token stays good', async () => {
    const rc = await TestRc.start();
    const joiner = new Joiner(await rc.mint(HUB));
    const stranger = await rc.stranger();
    const { hubKey: _, ...withoutHubKey } = joiner.request;
    for (const wrong of [{ ...joiner.request, tlsKey: 'abcd' }, withoutHubKey]) {
      await expect(stranger.join(wrong)).rejects.toMatchObject({ problemCode: 'request-malformed' });
    }
    expect(await stranger.join(joiner.request)).toMatchObject({ id: 'goa-01' });
  });

  it('lets one of two in who race with the same token', async () => {
    const rc = await TestRc.start();
    const token = await rc.mint(HUB);
    const stranger = await rc.stranger();
    const outcomes = await Promise.allSettled([
      stranger.join(new Joiner(token).request),
      stranger.join(new Joiner(token).request),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes an id for ever', async () => {
    const rc = await TestRc.start();
    await rc.admitHub('goa-01');
    await expect(rc.mint({ kind: 'device', id: 'goa-01' })).rejects.toMatchObject({
      problemCode: 'id-taken',
      status: 409,
    });
  });

  it('mints no token for an address where nobody can be reached, nor for an id that looks like an option', async () => {
    const rc = await TestRc.start();
    const wrong: TokenRequest[] = [
      ...['goa-01.example:99999', 'goa-01.example:0', 'goa-01.example:00', '[::1]:0'].map((address) => ({
        ...HUB,
        address,
      })),
      ...['---', '-goa', 'goa-', '--data'].map((id) => ({ kind: 'device' as const, id })),
    ];
    for (const request of wrong) {
      await expect(rc.mint(request)).rejects.toMatchObject({ problemCode: 'request-malformed' });
    }
  });

  it('says nothing of a token’s secret in the log', async () => {
    const rc = await TestRc.start();
    const joiner = new Joiner(await rc.mint(HUB));
    await (await rc.stranger()).join(joiner.request);
    expect(rc.log.lines.join('\n')).not.toContain(joiner.request.secret);
  });
});
