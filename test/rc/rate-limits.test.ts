import { describe, expect, it, onTestFinished } from 'vitest';
import { HttpsClient, type HttpsClientOptions } from '../../certs/https-client.ts';
import { problem } from '../../protocol/rc-api/problem.ts';
import { serveRc } from '../../rc/serve.ts';
import { LOOPBACK, TestRc } from './running-rc.ts';

/** A registration centre where members have 20 requests at once, and strangers 5. */
async function start() {
  const rc = await TestRc.init();
  const { surroundings, folder, clock } = rc;
  const rateLimits = {
    member: { burst: 20, perSecond: 10 },
    stranger: { burst: 5, perSecond: 1 },
  };
  const running = await serveRc({ surroundings, folder, listen: LOOPBACK, rateLimits });
  onTestFinished(() => running.close());
  const identity = await rc.adminIdentity();
  const client = (as: HttpsClientOptions['identity']) => {
    const made = new HttpsClient({ surroundings, address: running.address, identity: as });
    onTestFinished(() => made.close());
    return made;
  };
  return { clock, member: client(identity), stranger: client({ authorities: identity.authorities }) };
}

async function codes(client: HttpsClient, path: string, times: number): Promise<string[]> {
  const answers: string[] = [];
  for (let i = 0; i < times; i++) {
    const { status, body } = await client.request({ method: 'GET', path });
    answers.push(status === 200 ? 'done' : problem.parse(body).code);
  }
  return answers;
}

describe('whoever calls too often', () => {
  it('is told to wait, and heard again after it', async () => {
    const { clock, member } = await start();
    const answers = await codes(member, '/v1/status', 22);
    expect(answers.filter((code) => code === 'done')).toHaveLength(20);
    expect(answers.slice(20)).toEqual(['requests-too-many', 'requests-too-many']);
    await clock.advance(100);
    expect(await codes(member, '/v1/status', 2)).toEqual(['done', 'requests-too-many']);
  });

  it('without a certificate of the network is counted by address, on every path, and takes nothing from members', async () => {
    const { member, stranger } = await start();
    expect(await codes(stranger, '/v1/status', 2)).toEqual(['certificate-required', 'certificate-required']);
    expect(await codes(stranger, '/v1/nothing', 2)).toEqual(['route-unknown', 'route-unknown']);
    expect(await codes(stranger, '/v1/openapi.json', 2)).toEqual(['done', 'requests-too-many']);
    expect(await codes(member, '/v1/status', 1)).toEqual(['done']);
  });
});
