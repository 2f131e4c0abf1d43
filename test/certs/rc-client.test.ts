import type { RequestListener } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { RcClient } from '../../certs/rc-client.ts';
import { RcRefusedError } from '../../certs/rc-errors.ts';
import { utf8 } from '../../protocol/bytes.ts';
import { CompactPage } from '../../protocol/rc-api/compact-page.ts';
import { compactBytes } from '../support/compact-feed.ts';
import {
  answerJson,
  inMemory,
  memberIdentity,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
  type TestSurroundings,
} from './support.ts';

const UID = 'e343bc6d47c97014097739254efe4b01';
const HEX16 = 'ab'.repeat(16);
const HEX32 = 'cd'.repeat(32);

const card = {
  uid: UID,
  suite: 'cardea-1' as const,
  status: 'active' as const,
  locked: false,
  pinVersion: 1,
  patientId: HEX16,
  name: 'Asha Naik',
  record: null,
  registered: 1,
  registeredBy: 'first-admin',
  revoked: null,
  reason: null,
};
const hubCard = {
  uid: UID,
  status: 'active' as const,
  locked: false,
  subject: HEX16,
  cs: HEX32,
  rs: null,
  psk: HEX32,
  oprfSeed: HEX32,
  pinVersion: 1,
  epoch: 0,
  pending: [],
};
const hub = {
  id: 'goa-01',
  location: 'Goa',
  address: 'goa.example:8441',
  revoked: false,
  lastSeen: null,
  behind: 0,
};
const page = {
  generation: HEX16,
  time: 5,
  changes: [{ sequence: 7, card: hubCard }],
  cursor: 7,
  more: false,
};
const registration = {
  registrationId: HEX16,
  uid: UID,
  keyId: 0,
  evaluated: HEX32,
  usk: HEX32,
  caPin: HEX16,
};
const status = {
  time: 5,
  generation: HEX16,
  sequence: 7,
  authority: HEX32,
  earlierAuthorities: 0,
  masterKey: 0,
  certificateEnds: 9,
  restored: null,
  missing: { count: 0, cards: [] },
  doubted: { count: 0, cards: [] },
  audit: { rows: 3, anchor: `3:${'ab'.repeat(16)}` },
  cards: { active: 1, revoked: 0, locked: 0 },
  members: { hubs: 1, devices: 0, operators: 1 },
  hubs: [hub],
};
const joined = {
  kind: 'device' as const,
  id: 'desk-1',
  tlsCertificate: '3000',
  authorities: ['3000'],
  hubs: [hub],
};
const reports = {
  tries: [{ uid: UID, epoch: 0, running: 3, open: 1, total: 4, locked: false }],
  pins: [{ uid: UID, pinVersion: 2, base: 1, cs: HEX32, proof: HEX32, changed: true }],
};
const joinBody = { kind: 'device' as const, secret: HEX16, tlsKey: '3059' };
const tokenBody = { kind: 'operator' as const, id: 'asha', role: 'registrar' as const };
const completion = { cs: HEX32, rs: null, patient: { name: 'Asha Naik' } };

interface Call {
  readonly ask: (client: RcClient) => Promise<unknown>;
  readonly head: string;
  readonly body?: unknown;
  readonly answer: unknown;
}

const calls: Readonly<Record<string, Call>> = {
  join: { ask: (rc) => rc.join(joinBody), head: 'POST /v1/join', body: joinBody, answer: joined },
  mintToken: {
    ask: (rc) => rc.mintToken(tokenBody),
    head: 'POST /v1/tokens',
    body: tokenBody,
    answer: { token: 'cardea-join-x', expires: 9 },
  },
  hubs: { ask: (rc) => rc.hubs(), head: 'GET /v1/hubs', answer: { hubs: [hub], authorities: ['3000'] } },
  beginRegistration: {
    ask: (rc) => rc.beginRegistration({ blinded: HEX32 }),
    head: 'POST /v1/registrations',
    body: { blinded: HEX32 },
    answer: registration,
  },
  completeRegistration: {
    ask: (rc) => rc.completeRegistration(HEX16, completion),
    head: `PUT /v1/registrations/${HEX16}`,
    body: completion,
    answer: card,
  },
  'cards, all': { ask: (rc) => rc.cards(), head: 'GET /v1/cards', answer: { cards: [card], next: null } },
  'cards, some': {
    ask: (rc) => rc.cards({ status: 'revoked', after: UID, limit: 5 }),
    head: `GET /v1/cards?status=revoked&after=${UID}&limit=5`,
    answer: { cards: [card], next: UID },
  },
  card: { ask: (rc) => rc.card(UID), head: `GET /v1/cards/${UID}`, answer: card },
  revokeCard: {
    ask: (rc) => rc.revokeCard(UID, 'lost'),
    head: `POST /v1/cards/${UID}/revoke`,
    body: { reason: 'lost' },
    answer: { ...card, status: 'revoked', revoked: 8, reason: 'lost' },
  },
  feed: {
    ask: (rc) => rc.feed({ generation: HEX16, after: 3, wait: 30 }),
    head: `GET /v1/feed?generation=${HEX16}&after=3&wait=30`,
    answer: page,
  },
  feedCard: { ask: (rc) => rc.feedCard(UID), head: `GET /v1/feed/cards/${UID}`, answer: { card: hubCard } },
  report: {
    ask: (rc) => rc.report(reports),
    head: 'POST /v1/reports',
    body: reports,
    answer: { cards: [hubCard] },
  },
  status: { ask: (rc) => rc.status(), head: 'GET /v1/status', answer: status },
};
const table = Object.entries(calls).map(([name, call]) => ({ name, ...call }));

describe.each(table)('$name', ({ ask, head, body, answer }) => {
  test('asks as the API has it, and brings the answer', async () => {
    const asked: unknown[] = [];
    const client = await clientOf((request, response) => {
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        asked.push(`${request.method} ${request.url}`, Buffer.concat(chunks).toString());
        answerJson(response, { ...Object(answer), unknown: 'from a later version' });
      });
    });
    expect(await ask(client)).toEqual(answer);
    expect(asked).toEqual([head, body === undefined ? '' : JSON.stringify(body)]);
  });

  test("brings a refusal with the RC's code", async () => {
    const client = await clientOf((_request, response) => {
      const problem = { title: 'No', status: 409, detail: 'not that way', code: 'some-code' };
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
    });
    await expect(ask(client)).rejects.toMatchObject({
      code: 'rc-refused',
      problemCode: 'some-code',
      status: 409,
      message: expect.stringContaining('not that way'),
    });
  });

  test('does not take an answer to something else', async () => {
    const client = await clientOf((_request, response) => answerJson(response, { other: true }));
    await expect(ask(client)).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });
});

describe('the feed in bytes', () => {
  const COMPACT = 'application/vnd.cardea.feed';
  const bytes = compactBytes(page);

  test('is asked for before JSON, and read', async () => {
    const asked: unknown[] = [];
    const client = await clientOf((request, response) => {
      asked.push(request.url, request.headers.accept);
      response.writeHead(200, { 'content-type': COMPACT }).end(bytes);
    });
    const read = await client.feedInBytes({ generation: HEX16, after: 3 });
    expect(read).toBeInstanceOf(CompactPage);
    expect(read).toMatchObject({ generation: HEX16, time: 5, cursor: 7, count: 1 });
    const accepted = `${COMPACT}, application/json, application/problem+json`;
    expect(asked).toEqual([`/v1/feed?generation=${HEX16}&after=3`, accepted]);
  });

  test('may come as JSON: not everybody has it', async () => {
    const client = await clientOf((_request, response) => answerJson(response, page));
    expect(await client.feedInBytes({})).toEqual(page);
  });

  test.each([
    ['cut short', COMPACT, bytes.slice(0, -1)],
    ['empty', COMPACT, new Uint8Array(0)],
    ['JSON', COMPACT, utf8(JSON.stringify(page))],
    ['bytes by another name', 'application/octet-stream', bytes],
    ['bytes by the name of JSON', 'application/json', bytes],
    ['other JSON', 'application/json', utf8('{"other": true}')],
  ])('that is %s is not understood', async (_what, type, body) => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-type': type }).end(body);
    });
    await expect(client.feedInBytes({})).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });

  test('brings a refusal as JSON does, and takes none for a page', async () => {
    const problem = { title: 'No', status: 403, detail: 'revoked', code: 'member-revoked' };
    const refusals = [
      ['application/problem+json', utf8(JSON.stringify(problem)), 'rc-refused'],
      [COMPACT, bytes, 'rc-answer-malformed'],
    ] as const;
    for (const [type, body, code] of refusals) {
      const client = await clientOf((_request, response) => {
        response.writeHead(403, { 'content-type': type }).end(body);
      });
      await expect(client.feedInBytes({})).rejects.toMatchObject({ code });
    }
  });

  test('is not read where JSON alone was asked for', async () => {
    const client = await clientOf((_request, response) => {
      response.writeHead(200, { 'content-type': COMPACT }).end(bytes);
    });
    await expect(client.feed({})).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });
});

describe('an answer', () => {
  test.each([500, 502, 404])('of status %i without a problem is said to be one', async (code) => {
    const client = await clientOf((_request, response) => answerJson(response, { error: 'x' }, code));
    await expect(client.hubs()).rejects.toMatchObject({
      code: 'rc-answer-malformed',
      message: expect.stringContaining(String(code)),
    });
  });

  test('that redirects is none', async () => {
    const client = await clientOf((_request, response) => response.writeHead(302, { location: '/' }).end());
    await expect(client.hubs()).rejects.toMatchObject({ code: 'rc-answer-malformed' });
  });

  test("cannot write over the operator's screen", async () => {
    const detail = `\u001b[2J\u0007first\nsecond\u2028${'x'.repeat(1000)}`;
    const client = await clientOf((_request, response) =>
      answerJson(response, { title: 'No', status: 403, detail, code: 'not-allowed' }, 403),
    );
    const refusal = await client.hubs().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RcRefusedError);
    expect(String(refusal)).not.toMatch(/[\p{Cc}\p{Zl}]/u);
    expect(String(refusal).length).toBeLessThan(400);
  });
});

describe('a long poll', () => {
  test('outlasts the wait that it asked for', async () => {
    const world = inMemory();
    const client = await clientOf((_request, response) => {
      world.clock.after(60_000, () => answerJson(response, page));
    }, world);
    expect(await world.clock.advanceUntil(client.feed({ wait: 60 }), 100_000)).toEqual(page);
  });

  test('ends when it is not answered long after', async () => {
    const world = inMemory();
    const client = await clientOf(() => undefined, world);
    const outcome = client.feed({ wait: 30 }).catch((error: unknown) => error);
    expect(await world.clock.advanceUntil(outcome)).toMatchObject({ code: 'rc-unreachable' });
    expect(world.clock.monotonic()).toBeGreaterThanOrEqual(45_000);
  });

  test('ends when it is aborted, and when the client closes', async () => {
    const stop = new AbortController();
    const client = await clientOf((request) => {
      if (request.url?.includes('after=1')) stop.abort(new Error('the hub stops'));
      else client.close();
    });
    await expect(client.feed({ after: 1, wait: 60 }, stop.signal)).rejects.toThrow('the hub stops');
    await expect(client.feed({ wait: 60 })).rejects.toMatchObject({ code: 'rc-client-closed' });
  });
});

async function clientOf(handler: RequestListener, world: TestSurroundings = onLoopback()): Promise<RcClient> {
  const now = world.clock.now();
  const { authority } = await newAuthority(now);
  const { address } = await serve(world, await rcIdentity(authority, now), handler);
  const client = new RcClient({
    surroundings: world,
    rc: address,
    identity: await memberIdentity(authority, now),
  });
  onTestFinished(() => client.close());
  return client;
}
