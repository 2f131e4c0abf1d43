import { describe, expect, test } from 'vitest';
import { certificateFingerprint } from '../../certs/certificate.ts';
import { callerFingerprint } from '../../certs/https-server.ts';
import {
  answerJson,
  call,
  clientIdentity,
  newAuthority,
  serve,
  serverIdentity,
  surroundings,
} from './support.ts';

describe('a caller', () => {
  test('is known by its certificate, and gets its answer', async () => {
    const world = surroundings();
    const now = world.clock.now();
    const authority = await newAuthority(now);
    const { address } = await serve(world, await serverIdentity(authority, now), (request, response) => {
      const caller = callerFingerprint(request.socket);
      answerJson(response, { url: request.url, ...caller, fingerprint: caller && [...caller.fingerprint] });
    });
    const identity = await clientIdentity(authority, now);
    const client = call(world, { address, identity });
    const answer = await client.request({ method: 'GET', path: '/v1/x?y=1' });
    expect(answer).toEqual({
      status: 200,
      body: {
        url: '/v1/x?y=1',
        trusted: true,
        authorized: true,
        fingerprint: [...certificateFingerprint(identity.certificate)],
        notAfter: now + 90 * 24 * 60 * 60 * 1000,
      },
    });
  });
});
