import { join } from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HttpsAnswer, HttpsClient, type HttpsClientOptions } from '../../certs/https-client.ts';
import { problem } from '../../protocol/rc-api/problem.ts';
import { ACCESS } from '../../rc/api/access.ts';
import { register } from './registering.ts';
import { TestRc } from './running-rc.ts';

const CALLERS = ['nobody', 'hub', 'device', 'admin', 'registrar', 'auditor'] as const;
type CallerName = (typeof CALLERS)[number];

/** Who may: written here once more, by hand, so that a slip in the table of access is seen. */
const MAY: Readonly<Record<string, readonly CallerName[]>> = {
  'GET /v1/openapi.json': CALLERS,
  'POST /v1/join': CALLERS,
  'POST /v1/renew': ['hub', 'device', 'admin', 'registrar', 'auditor'],
  'POST /v1/tokens': ['admin'],
  'POST /v1/authority/rotate': ['admin'],
  'POST /v1/master-key/rotate': ['admin'],
  'GET /v1/hubs': ['hub', 'device', 'admin', 'registrar', 'auditor'],
  'GET /v1/members': ['admin', 'registrar', 'auditor'],
  'POST /v1/members/:id/revoke': ['admin'],
  'GET /v1/status': ['admin', 'registrar', 'auditor'],
  'GET /v1/audit': ['admin', 'auditor'],
  'POST /v1/audit': ['hub'],
  'GET /v1/hubs/:id/audit': ['admin', 'auditor'],
  'POST /v1/registrations': ['admin', 'registrar'],
  'PUT /v1/registrations/:id': ['admin', 'registrar'],
  'GET /v1/cards': ['admin', 'registrar', 'auditor'],
  'GET /v1/cards/:uid': ['admin', 'registrar', 'auditor'],
  'GET /v1/cards/:uid/details': ['admin', 'registrar', 'auditor'],
  'POST /v1/cards/:uid/revoke': ['admin', 'registrar'],
  'POST /v1/cards/:uid/unlock': ['admin', 'registrar'],
  'GET /v1/patients': ['admin', 'registrar', 'auditor'],
  'GET /v1/feed': ['hub'],
  'GET /v1/feed/cards/:uid': ['hub'],
  'POST /v1/reports': ['hub'],
  'POST /v1/limbasiya/hub': ['hub'],
  'POST /v1/limbasiya/hub/patients': ['hub'],
  'POST /v1/limbasiya/cards': ['admin', 'registrar'],
  'POST /v1/limbasiya/cards/list': ['device', 'admin', 'registrar', 'auditor'],
};

type Identity = HttpsClientOptions['identity'];

function caller(rc: TestRc, identity: Identity): HttpsClient {
  const client = new HttpsClient({ surroundings: rc.surroundings, address: rc.running.address, identity });
  onTestFinished(() => client.close());
  return client;
}

/** Calls a route with an empty body: whoever is let in is told that this is malformed, or is answered. */
function call(client: HttpsClient, route: string): Promise<HttpsAnswer> {
  const [method = '', path = ''] = route.split(' ');
  const filled = path.replace(/:(?:uid|id)/, '00'.repeat(16));
  if (method !== 'GET' && method !== 'POST' && method !== 'PUT') throw new Error(`what is ${method}?`);
  return client.request({ method, path: filled, ...(method !== 'GET' && { body: {} }) });
}

async function outcomes(client: HttpsClient): Promise<Record<string, string>> {
  const codes: Record<string, string> = {};
  for (const route of Object.keys(ACCESS)) {
    const { status, body } = await call(client, route);
    const refused = status === 401 || status === 403;
    codes[route] = refused ? `${status} ${problem.parse(body).code}` : 'let in';
  }
  return codes;
}

/** What every route must answer where those named in `MAY` are let in, and the others are told `refusal`. */
function expected(name: CallerName, refusal: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(MAY).map(([route, may]) => [route, may.includes(name) ? 'let in' : refusal]),
  );
}

function refusedEverywhere(refusal: string): Record<string, string> {
  return expected('nobody', refusal);
}

async function identityOf(rc: TestRc, name: CallerName): Promise<Identity> {
  switch (name) {
    case 'nobody':
      return { authorities: (await rc.adminIdentity()).authorities };
    case 'admin':
      return rc.adminIdentity();
    case 'hub':
      return (await rc.admitHub('goa-01')).identity;
    case 'device':
      return (await rc.admit({ kind: 'device', id: 'desk-1' })).identity;
    case 'registrar':
    case 'auditor':
      return (await rc.admit({ kind: 'operator', id: `the-${name}`, role: name })).identity;
  }
}

describe('every route', () => {
  it.each(CALLERS)('serves %s exactly as far as it may', async (name) => {
    const rc = await TestRc.start();
    const client = caller(rc, await identityOf(rc, name));
    const refusal = name === 'nobody' ? '401 certificate-required' : '403 not-allowed';
    expect(await outcomes(client)).toEqual(expected(name, refusal));
  });

  it('refuses whoever shows a certificate that the registry does not know', async () => {
    const [rc, other] = [await TestRc.start(), await TestRc.start()];
    const foreign = { ...(await other.adminIdentity()), authorities: (await rc.adminIdentity()).authorities };
    expect(await outcomes(caller(rc, foreign))).toEqual(refusedEverywhere('401 certificate-unknown'));
  });

  it.each([
    { days: 91, renewal: 'let in' },
    { days: 121, renewal: '401 certificate-expired' },
  ])('refuses a certificate that has expired; after $days days its renewal: $renewal', async (expired) => {
    const rc = await TestRc.start();
    const identity = await rc.adminIdentity();
    await rc.stop();
    rc.clock.jump(expired.days * 24 * 60 * 60 * 1000);
    await rc.serve();
    expect(await outcomes(caller(rc, identity))).toEqual({
      ...refusedEverywhere('401 certificate-expired'),
      'POST /v1/renew': expired.renewal,
    });
  });

  it('refuses members that were revoked, whatever they were', async () => {
    const rc = await TestRc.start();
    const names = ['hub', 'device', 'admin', 'registrar', 'auditor'] as const;
    const identities: Identity[] = [];
    for (const name of names) identities.push(await identityOf(rc, name));
    await rc.stop();
    const db = new SqliteDatabase(join(rc.folder, 'store.sqlite'));
    db.prepare('UPDATE members SET revoked = 1').run();
    db.close();
    await rc.serve();
    for (const identity of identities) {
      expect(await outcomes(caller(rc, identity))).toEqual(refusedEverywhere('403 member-revoked'));
    }
  });

  it('knows nobody by the names in a certificate of another network', async () => {
    const [rc, other] = [await TestRc.start(), await TestRc.start()];
    const { authorities } = await rc.adminIdentity();
    for (const network of [rc, other]) await network.admitHub('goa-01');
    const { identity } = await other.admit({ kind: 'operator', id: 'asha', role: 'admin' });
    const outcome = await outcomes(caller(rc, { ...identity, authorities }));
    expect(outcome).toEqual(refusedEverywhere('401 certificate-unknown'));
  });

  it('gives each hub what is its own, and nothing of another hub’s', async () => {
    const rc = await TestRc.start();
    const [goa, pune] = [await rc.admitHub('goa-01'), await rc.admitHub('pune-02')];
    const { uid } = await register(await rc.admin());
    const answers = async ({ client }: typeof goa) => {
      const tries = [{ uid, epoch: 0, running: 1, open: 1, total: 1, locked: false }];
      return [
        (await client.feed({})).changes[0]?.card,
        (await client.feedCard(uid)).card,
        (await client.report({ tries, pins: [] })).cards[0],
      ].map((card) => `${card?.psk} ${card?.subject}`);
    };
    const [ofGoa, ofPune] = [new Set(await answers(goa)), new Set(await answers(pune))];
    expect([ofGoa.size, ofPune.size]).toEqual([1, 1]);
    expect(ofGoa).not.toEqual(ofPune);
  });

  it('gives a registrar what registering and revoking needs', async () => {
    const rc = await TestRc.start();
    const { client } = await rc.admit({ kind: 'operator', id: 'desk-2', role: 'registrar' });
    const { uid } = await register(client);
    expect(await client.revokeCard(uid, 'lost')).toMatchObject({ status: 'revoked', registeredBy: 'desk-2' });
  });
});
