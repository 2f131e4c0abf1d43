import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { HttpsClient } from '../../certs/https-client.ts';
import { ACCESS } from '../../rc/api/access.ts';
import { blindedPin, completion, randomHex, register } from './registering.ts';
import { TestRc } from './running-rc.ts';

const jsonSchema = z.record(z.string(), z.unknown());
const content = z.object({ content: z.record(z.string(), z.object({ schema: jsonSchema })) });
const operation = z.object({
  operationId: z.string(),
  summary: z.string(),
  security: z.array(jsonSchema),
  'x-callers': z.union([z.literal('anyone'), z.array(z.string())]),
  parameters: z.array(
    z.object({ name: z.string(), in: z.enum(['path', 'query']), required: z.boolean(), schema: jsonSchema }),
  ),
  requestBody: content.optional(),
  responses: z.record(z.string(), z.union([content, z.object({ $ref: z.string() })])),
});
const document = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.object({ schemas: z.object({ Problem: jsonSchema }) }),
});

async function describedBy(rc: TestRc) {
  const { authorities } = await rc.adminIdentity();
  const client = new HttpsClient({
    surroundings: rc.surroundings,
    address: rc.running.address,
    identity: { authorities },
  });
  try {
    const { status, body } = await client.request({ method: 'GET', path: '/v1/openapi.json' });
    expect(status).toBe(200);
    return document.parse(body);
  } finally {
    client.close();
  }
}

type Document = Awaited<ReturnType<typeof describedBy>>;

/** The operation of a route as the table of access names it. */
function operationOf({ paths }: Document, route: string) {
  const [method = '', path = ''] = route.split(' ');
  const found = paths[path.replace(/:([a-z]+)/g, '{$1}')]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${route} is not in the document`);
  return found;
}

/** What the document says of a route's answer, as a schema that checks. */
function answerSchema(described: Document, route: string): z.ZodType {
  const answer = operationOf(described, route).responses['200'];
  if (answer === undefined || !('content' in answer)) throw new Error(`${route} has no answer`);
  return z.fromJSONSchema(answer.content['application/json']?.schema ?? {});
}

function bodySchema(described: Document, route: string): z.ZodType {
  const { requestBody } = operationOf(described, route);
  return z.fromJSONSchema(requestBody?.content['application/json']?.schema ?? {});
}

describe('the API’s document', () => {
  it('has every route and no other, with what it is for and who may call it', async () => {
    const described = await describedBy(await TestRc.start());
    const routes = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(.*?)\}/g, ':$1')}`),
    );
    expect(routes.sort()).toEqual(Object.keys(ACCESS).sort());
    const ids = Object.entries(ACCESS).map(([route, callers]) => {
      const described_ = operationOf(described, route);
      expect(described_['x-callers']).toEqual(callers);
      expect(described_.security).toEqual(callers === 'anyone' ? [] : [{ certificate: [] }]);
      expect(described_.summary.length).toBeGreaterThan(10);
      return described_.operationId;
    });
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('takes what the API takes, and refuses what it refuses', async () => {
    const rc = await TestRc.start();
    const described = await describedBy(rc);
    const client = new HttpsClient({
      surroundings: rc.surroundings,
      address: rc.running.address,
      identity: await rc.adminIdentity(),
    });
    const hub = { kind: 'hub', id: 'goa-01', location: 'Goa', address: 'goa-01.example:8441' };
    const bodies: Readonly<Record<string, readonly unknown[]>> = {
      'POST /v1/tokens': [
        hub,
        { kind: 'device', id: 'desk-1' },
        { kind: 'operator', id: 'asha', role: 'auditor' },
        { ...hub, location: undefined },
        { ...hub, id: 'Goa' },
        { ...hub, location: 'Goa\nGoa' },
        { ...hub, address: 'nowhere' },
        { kind: 'operator', id: 'asha', role: 'king' },
        { kind: 'device' },
        {},
        [],
      ],
      'POST /v1/registrations': [{ blinded: blindedPin() }, { blinded: randomHex(31) }, { blinded: 7 }, {}],
      'POST /v1/master-key/rotate': [
        { replaces: 0 },
        { replaces: -1 },
        { replaces: 0.5 },
        { replaces: '0' },
        {},
      ],
      'POST /v1/authority/rotate': [{}, { replaces: 'x' }, { replaces: randomHex(31), dropOldest: 1 }],
      'POST /v1/renew': [{ tlsKey: 'zz' }, { hubKey: randomHex(31) }],
    };
    for (const [route, samples] of Object.entries(bodies)) {
      const [, path = ''] = route.split(' ');
      for (const body of samples) {
        const { status } = await client.request({ method: 'POST', path, body });
        const sent: unknown = JSON.parse(JSON.stringify(body));
        const isTaken = bodySchema(described, route).safeParse(sent).success;
        expect([route, body, isTaken]).toEqual([route, body, status !== 400]);
      }
    }
    client.close();
  });

  it('says what the API answers', async () => {
    const rc = await TestRc.start();
    const described = await describedBy(rc);
    const admin = await rc.admin();
    const { client: hub, response: joined } = await rc.admitHub('goa-01');
    const begun = await admin.beginRegistration({ blinded: blindedPin() });
    const registered = await admin.completeRegistration(begun.registrationId, completion({ name: 'Maria' }));
    await register(admin);
    const answers: Readonly<Record<string, unknown>> = {
      'POST /v1/join': joined,
      'POST /v1/tokens': await admin.mintToken({ kind: 'device', id: 'desk-1' }),
      'POST /v1/renew': await hub.renew({ hubKey: randomHex(32) }),
      'GET /v1/hubs': await hub.hubs(),
      'GET /v1/status': await admin.status(),
      'POST /v1/registrations': begun,
      'PUT /v1/registrations/:id': registered,
      'GET /v1/cards': await admin.cards(),
      'GET /v1/cards/:uid': await admin.card(registered.uid),
      'GET /v1/feed': await hub.feed({}),
      'GET /v1/feed/cards/:uid': await hub.feedCard(registered.uid),
      'POST /v1/reports': await hub.report({ tries: [], pins: [] }),
      'POST /v1/cards/:uid/revoke': await admin.revokeCard(registered.uid, 'lost'),
      'POST /v1/master-key/rotate': await admin.rotateMasterKey({ replaces: 0 }),
      'POST /v1/authority/rotate': await admin.rotateAuthority({
        replaces: (await admin.status()).authority,
      }),
    };
    for (const [route, answer] of Object.entries(answers)) {
      const schema = answerSchema(described, route);
      expect([route, schema.safeParse(answer).success]).toEqual([route, true]);
      expect([route, schema.safeParse({}).success]).toEqual([route, false]);
    }
  });

  it('has the problem document that refusals are', async () => {
    const rc = await TestRc.start();
    const { components } = await describedBy(rc);
    const client = new HttpsClient({
      surroundings: rc.surroundings,
      address: rc.running.address,
      identity: await rc.adminIdentity(),
    });
    const schema = z.fromJSONSchema(components.schemas.Problem);
    for (const path of ['/v1/nothing', '/v1/tokens', '/v1/feed', `/v1/cards/${randomHex(16)}`]) {
      const { status, body } = await client.request({ method: 'GET', path });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(schema.safeParse(body).success).toBe(true);
    }
    client.close();
  });
});
