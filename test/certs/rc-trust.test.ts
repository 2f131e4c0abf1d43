import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Authority, TLS_CERTIFICATE_MS } from '../../certs/authority.ts';
import { HttpsServer } from '../../certs/https-server.ts';
import {
  alternativeName,
  authorityExtensions,
  distinguishedName,
  issueCertificate,
  tlsUsage,
} from '../../certs/issue.ts';
import { RcUntrustedError } from '../../certs/rc-errors.ts';
import type { TlsIdentity } from '../../certs/tls-identity.ts';
import type { Network } from '../../runtime/network.ts';
import { seededRandom } from '../../runtime/random.ts';
import {
  answerJson,
  bridgeTo,
  caller,
  DAY,
  identityFrom,
  memberIdentity,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
  signerOf,
  type TestAuthority,
  type TestSurroundings,
} from './support.ts';

const random = seededRandom('rc-trust');

/** Calls a server that shows `shown`, believing `believed`, by the name `host`. */
async function attempt(
  world: TestSurroundings,
  options: { readonly shown: TlsIdentity; readonly believed: readonly Uint8Array[]; readonly host?: string },
): Promise<{ readonly outcome: unknown; readonly requests: number }> {
  let requests = 0;
  const { address } = await serve(world, options.shown, (_request, response) => {
    requests += 1;
    answerJson(response, 'here');
  });
  const { host = address.host } = options;
  // Whatever it is called, it is on this machine.
  const network: Network = {
    ...world.network,
    connect: (_address, { timeoutMs }) => world.network.connect(address, { timeoutMs }),
  };
  const client = caller(world, {
    network,
    address: { ...address, host },
    identity: { authorities: options.believed },
  });
  const outcome = await client.request({ method: 'POST', path: '/v1/join', body: { secret: 'secret' } }).then(
    ({ body }) => body,
    (error: unknown) => error,
  );
  return { outcome, requests };
}

async function expectRefusal(world: TestSurroundings, options: Parameters<typeof attempt>[1], why: RegExp) {
  const { outcome, requests } = await attempt(world, options);
  expect(outcome).toBeInstanceOf(RcUntrustedError);
  expect(outcome).toMatchObject({ code: 'rc-untrusted', message: expect.stringMatching(why) });
  expect(requests).toBe(0);
}

describe('the RC is believed', () => {
  test.each(['127.0.0.1', 'rc.example', 'RC.Example'])(
    'at %s, when its certificate names that',
    async (host) => {
      const { world, now, authority } = await network();
      const shown = await rcIdentity(authority, now, host.toLowerCase());
      const believed = [authority.certificate];
      expect(await attempt(world, { shown, believed, host })).toEqual({ outcome: 'here', requests: 1 });
    },
  );

  test('over IPv6', async () => {
    const { world, now, authority } = await network();
    const shown = await rcIdentity(authority, now, '::1');
    const believed = [authority.certificate];
    expect(await attempt(world, { shown, believed, host: '::1' })).toEqual({ outcome: 'here', requests: 1 });
  });

  test('by one who knows only the authority before the one that certified it', async () => {
    const { world, now, authority, signer } = await network();
    const { key, authority: young } = await newAuthority(now, 'Young network');
    const bridge = await bridgeTo(key, signer, now);
    const shown = { ...(await rcIdentity(young, now)), authorities: [bridge, authority.certificate] };
    const believed = [authority.certificate];
    expect(await attempt(world, { shown, believed })).toEqual({ outcome: 'here', requests: 1 });
  });

  test('by one who knows several authorities', async () => {
    const { world, now, authority } = await network();
    const other = await newAuthority(now, 'Other network');
    const shown = await rcIdentity(authority, now);
    const believed = [other.authority.certificate, authority.certificate];
    expect(await attempt(world, { shown, believed })).toEqual({ outcome: 'here', requests: 1 });
  });
});

describe("nothing is sent to what listens at the RC's address", () => {
  test('when it is of another network, even one with the same name', async () => {
    const { world, now, authority } = await network();
    for (const name of ['Other network', 'Test network']) {
      const other = await newAuthority(now, name);
      const shown = await rcIdentity(other.authority, now);
      await expectRefusal(world, { shown, believed: [authority.certificate] }, /another network|not signed/);
    }
  });

  test('when it shows our authority above a certificate that ours did not sign', async () => {
    const { world, now, authority } = await network();
    const other = await newAuthority(now, 'Test network');
    const forged = { ...(await rcIdentity(other.authority, now)), authorities: [authority.certificate] };
    await expectRefusal(
      world,
      { shown: forged, believed: [authority.certificate] },
      /another network|not signed/,
    );
  });

  test('when nobody is believed', async () => {
    const { world, now, authority } = await network();
    await expectRefusal(world, { shown: await rcIdentity(authority, now), believed: [] }, /another network/);
  });

  test('when its certificate has expired', async () => {
    const { world, now, authority } = await network();
    const shown = await rcIdentity(authority, now - TLS_CERTIFICATE_MS - 1000);
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /expired/);
  });

  test('when its certificate is not valid yet', async () => {
    const { world, now, authority } = await network();
    const shown = await rcIdentity(authority, now + DAY);
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /valid only from .*clock/);
  });

  test('when the authority has expired', async () => {
    const { world, now } = await network();
    const { authority } = await newAuthority(now - 20 * 365 * DAY - 1000, 'Ancient network');
    const shown = await rcIdentity(authority, now);
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /expired/);
  });

  test.each([
    ['rc.example', '127.0.0.1'],
    ['127.0.0.1', 'rc.example'],
    ['rc.example', 'other.example'],
    ['rc.example', 'www.rc.example'],
    ['::1', '127.0.0.1'],
  ])('when its certificate names %s and it was called at %s', async (named, host) => {
    const { world, now, authority } = await network();
    const shown = await rcIdentity(authority, now, named);
    await expectRefusal(world, { shown, believed: [authority.certificate], host }, /does not name/);
  });

  test('when only its subject names the address', async () => {
    const { world, now, authority, signer } = await network();
    const shown = await strange(authority, signer, now, {
      subject: distinguishedName(['CN', 'rc.example']),
      extensions: tlsUsage('server'),
    });
    await expectRefusal(
      world,
      { shown, believed: [authority.certificate], host: 'rc.example' },
      /does not name/,
    );
  });

  test("when its certificate is a member's", async () => {
    const { world, now, authority } = await network();
    const shown = await memberIdentity(authority, now);
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /not meant for serverAuth/);
  });

  test('when its certificate says nothing of what it is for', async () => {
    const { world, now, authority, signer } = await network();
    const extensions = [alternativeName('127.0.0.1')];
    const shown = await strange(authority, signer, now, { extensions });
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /not meant for serverAuth/);
  });

  test('when its key is of another kind than P-256', async () => {
    const { world, now, authority, signer } = await network();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    const shown = await strange(authority, signer, now, {
      publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
      extensions: [...tlsUsage('server'), alternativeName('127.0.0.1')],
    });
    const key = new Uint8Array(privateKey.export({ type: 'pkcs8', format: 'der' }));
    const believed = [authority.certificate];
    await expectRefusal(world, { shown: { ...shown, privateKey: key }, believed }, /P-256/);
  });

  test("when its certificate is an authority's", async () => {
    const { world, now, authority, signer } = await network();
    const shown = await strange(authority, signer, now, {
      extensions: [
        ...(await authorityExtensions(signer.publicKey)),
        ...tlsUsage('server').slice(1),
        alternativeName('127.0.0.1'),
      ],
    });
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /not meant for serverAuth/);
  });

  test("when a member's certificate has signed its own", async () => {
    const { world, now, authority } = await network();
    const member = await memberIdentity(authority, now);
    const shown = await strange(
      authority,
      await signerOf(member),
      now,
      { extensions: [...tlsUsage('server'), alternativeName('127.0.0.1')] },
      [member.certificate],
    );
    await expectRefusal(world, { shown, believed: [authority.certificate] }, /no authority/);
  });
});

test('a renewed certificate is shown on the next connection, without a restart', async () => {
  const { world, now, authority } = await network();
  const https = new HttpsServer({ surroundings: world, identity: await rcIdentity(authority, now) });
  https.server.on('request', (_request, response) => answerJson(response, 'here'));
  const address = await https.listen({ host: '127.0.0.1', port: 0 });
  const ask = () =>
    caller(world, { address, identity: { authorities: [authority.certificate] } }).request({
      method: 'GET',
      path: '/',
    });
  expect(await ask()).toMatchObject({ body: 'here' });
  world.clock.jump(TLS_CERTIFICATE_MS + DAY);
  await expect(ask()).rejects.toMatchObject({ code: 'rc-untrusted' });
  https.renew(await rcIdentity(authority, world.clock.now()));
  expect(await ask()).toMatchObject({ body: 'here' });
  await https.close();
});

async function network(): Promise<
  TestAuthority & { readonly world: TestSurroundings; readonly now: number }
> {
  const world = onLoopback();
  const now = world.clock.now();
  return { world, now, ...(await newAuthority(now - DAY)) };
}

/** An identity with a certificate that our authority would not issue. */
function strange(
  authority: Authority,
  signer: TestAuthority['signer'],
  now: number,
  content: Partial<Parameters<typeof issueCertificate>[1]>,
  above: readonly Uint8Array[] = [],
): Promise<TlsIdentity> {
  return identityFrom(authority, (publicKey) =>
    issueCertificate(
      signer,
      {
        subject: distinguishedName(['CN', 'the-rc']),
        publicKey,
        notBefore: now - DAY,
        notAfter: now + DAY,
        extensions: [],
        ...content,
      },
      random,
    ),
  ).then((identity) => ({ ...identity, authorities: [...above, ...identity.authorities] }));
}
