import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Authority } from '../../certs/authority.ts';
import { fetchAuthority } from '../../certs/bootstrap.ts';
import { certificateFingerprint } from '../../certs/certificate.ts';
import { loadHubIdentity } from '../../certs/hub-identity.ts';
import { joinNetwork } from '../../certs/join.ts';
import { encodeJoinToken, type JoinToken, type MemberKind } from '../../certs/join-token.ts';
import { newTlsKeyPair } from '../../certs/keys.ts';
import { loadTlsIdentity } from '../../certs/tls-identity.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { type JoinRequest, type JoinResponse, joinRequest } from '../../protocol/rc-api/join.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import {
  answerJson,
  bridgeTo,
  DAY,
  newAuthority,
  onLoopback,
  rcIdentity,
  serve,
  type TestSurroundings,
} from './support.ts';

describe('joining', () => {
  test("makes a hub's keys, gets its certificates, and keeps both", async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    const response = await rc.join({ folder, kind: 'hub' });
    expect(response).toMatchObject({ id: 'goa-01', hub: { location: 'Goa' } });
    const tls = await loadTlsIdentity(folder);
    expect(toHex(tls.certificate)).toBe(response.tlsCertificate);
    expect(tls.authorities).toEqual([rc.authority.certificate]);
    const hub = await loadHubIdentity(folder);
    expect(hub).toMatchObject({ hubId: 'goa-01', location: 'Goa' });
    expect(hub.chain.map(toHex)).toEqual([response.hub?.certificate, toHex(rc.authority.certificate)]);
    expect(toHex(hub.keyPair.publicKey)).toBe(rc.requests[0]?.hubKey);
  });

  test.each([
    ['device', 'keys'],
    ['operator', 'operator'],
  ] as const)(
    'gives a %s one identity, and sends no more than the secret and a public key',
    async (kind, place) => {
      const rc = await testRc();
      const folder = temporaryFolder();
      await rc.join({ folder, kind });
      expect(readdirSync(folder)).toEqual([place]);
      expect(readdirSync(join(folder, place))).toEqual(['tls.pem']);
      expect(statSync(join(folder, place)).mode & 0o777).toBe(0o700);
      const { privateKey } = await loadTlsIdentity(folder, place);
      expect(Object.keys(rc.requests[0] ?? {}).toSorted()).toEqual(['kind', 'secret', 'tlsKey']);
      expect(JSON.stringify(rc.requests)).not.toContain(toHex(privateKey));
    },
  );

  test("has an operator's identity stand beside the folder's own", async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    await rc.join({ folder, kind: 'device' });
    await rc.join({ folder, kind: 'operator' });
    expect(readdirSync(folder).toSorted()).toEqual(['keys', 'operator']);
  });
});

describe('after a failure, joining again', () => {
  test('brings the same keys, when the reply was lost', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    rc.lose(1);
    await expect(rc.join({ folder, kind: 'hub' })).rejects.toMatchObject({ code: 'rc-unreachable' });
    await rc.join({ folder, kind: 'hub' });
    expect(rc.requests).toHaveLength(2);
    expect(rc.requests[1]).toEqual(rc.requests[0]);
    expect((await loadHubIdentity(folder)).hubId).toBe('goa-01');
    expect(readdirSync(join(folder, 'keys')).toSorted()).toEqual(['hub.pem', 'tls.pem']);
  });

  test('brings the same keys, when what was to be kept besides could not be', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    const keep = () => Promise.reject(new Error('disk full'));
    await expect(rc.join({ folder, kind: 'hub', keep })).rejects.toThrow('disk full');
    await expect(loadTlsIdentity(folder)).rejects.toMatchObject({ code: 'not-joined' });
    const kept: JoinResponse[] = [];
    await rc.join({ folder, kind: 'hub', keep: async (response) => void kept.push(response) });
    expect(kept).toMatchObject([{ id: 'goa-01' }]);
    expect(rc.requests[1]).toEqual(rc.requests[0]);
  });

  test('makes its keys before it asks, and only its owner can read them', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    rc.lose(1);
    await rc.join({ folder, kind: 'hub' }).catch(() => undefined);
    const files = readdirSync(join(folder, 'keys')).toSorted();
    expect(files).toEqual(['joining-hub.pem', 'joining-tls.pem']);
    for (const file of files) expect(statSync(join(folder, 'keys', file)).mode & 0o777).toBe(0o600);
  });

  test.each(['joining-tls.pem', 'joining-hub.pem'])('refuses a damaged %s', async (file) => {
    const rc = await testRc();
    const folder = temporaryFolder();
    rc.lose(1);
    await rc.join({ folder, kind: 'hub' }).catch(() => undefined);
    const path = join(folder, 'keys', file);
    const pem = readFileSync(path, 'utf8');
    for (const text of ['', pem.slice(0, 60), pem.replace(/\n.*\n/, '\nAAAA\n')]) {
      writeFileSync(path, text);
      await expect(rc.join({ folder, kind: 'hub' })).rejects.toMatchObject({ code: 'identity-damaged' });
    }
    expect(rc.requests).toHaveLength(1);
  });

  test('brings other keys from another folder', async () => {
    const rc = await testRc();
    await rc.join({ folder: temporaryFolder(), kind: 'hub' });
    await rc.join({ folder: temporaryFolder(), kind: 'hub' });
    expect(rc.requests[1]?.tlsKey).not.toBe(rc.requests[0]?.tlsKey);
    expect(rc.requests[1]?.hubKey).not.toBe(rc.requests[0]?.hubKey);
  });
});

describe('joining is refused', () => {
  test('where something has joined already, and nothing is touched', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    await rc.join({ folder, kind: 'device' });
    const before = await loadTlsIdentity(folder);
    await expect(rc.join({ folder, kind: 'device' })).rejects.toMatchObject({ code: 'already-joined' });
    await expect(rc.join({ folder, kind: 'hub' })).rejects.toMatchObject({ code: 'already-joined' });
    expect(await loadTlsIdentity(folder)).toEqual(before);
    expect(rc.requests).toHaveLength(1);
  });

  test('with a string for somebody else, who is named', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    for (const [kind, command] of [
      ['hub', 'cardea-hub join'],
      ['operator', 'cardea-rc join'],
    ] as const) {
      const token = encodeJoinToken({ ...rc.token, kind });
      await expect(
        joinNetwork({ surroundings: rc.world, folder, kind: 'device', token }),
      ).rejects.toMatchObject({
        code: 'join-token-kind',
        message: expect.stringContaining(command),
      });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('with what is no join string', async () => {
    const rc = await testRc();
    const options = {
      surroundings: rc.world,
      folder: temporaryFolder(),
      kind: 'hub',
      token: 'goa-01',
    } as const;
    await expect(joinNetwork(options)).rejects.toMatchObject({ code: 'join-token-malformed' });
  });

  test('by the RC, and when the string has expired it says so', async () => {
    const rc = await testRc();
    const folder = temporaryFolder();
    const unknown = { ...rc.token, secret: new Uint8Array(16) };
    await expect(rc.join({ folder, kind: 'hub', token: unknown })).rejects.toMatchObject({
      code: 'rc-refused',
      problemCode: 'token-refused',
    });
    const old = { ...unknown, expires: rc.world.clock.now() };
    await expect(rc.join({ folder, kind: 'hub', token: old })).rejects.toMatchObject({
      code: 'join-token-expired',
    });
  });

  test("but not for this machine's clock alone: the RC may still know the key", async () => {
    const rc = await testRc();
    const old = { ...rc.token, expires: rc.world.clock.now() - DAY };
    expect(await rc.join({ folder: temporaryFolder(), kind: 'hub', token: old })).toMatchObject({
      id: 'goa-01',
    });
  });

  test('with no secret sent, when the RC is not the one in the string', async () => {
    const rc = await testRc();
    const token = { ...rc.token, fingerprint: new Uint8Array(32) };
    await expect(rc.join({ folder: temporaryFolder(), kind: 'hub', token })).rejects.toMatchObject({
      code: 'rc-untrusted',
    });
    expect(rc.requests).toEqual([]);
  });

  test.each<[string, (response: JoinResponse, other: JoinResponse) => JoinResponse]>([
    [
      'certifies another TLS key',
      (response, other) => ({ ...response, tlsCertificate: other.tlsCertificate }),
    ],
    ['certifies another hub key', (response, other) => ({ ...response, hub: other.hub })],
    ['certifies no hub key', ({ hub: _, ...response }) => response],
    ['names another hub', (response) => ({ ...response, id: 'goa-02' })],
    ['is for a device', (response) => ({ ...response, kind: 'device' })],
    [
      "gives the hub's certificate for TLS",
      (response) => ({ ...response, tlsCertificate: response.hub?.certificate ?? '' }),
    ],
    ['gives no certificate at all', (response) => ({ ...response, tlsCertificate: '3000' })],
    [
      "gives another network's authority",
      (response, other) => ({ ...response, authorities: [other.tlsCertificate] }),
    ],
  ])("when the RC's answer %s, and nothing is kept", async (_, change) => {
    const rc = await testRc();
    const other = await rc.join({ folder: temporaryFolder(), kind: 'hub' });
    const folder = temporaryFolder();
    rc.change((response) => change(response, other));
    const keep = () => Promise.reject(new Error('must not be kept'));
    await expect(rc.join({ folder, kind: 'hub', keep })).rejects.toMatchObject({
      code: 'rc-answer-malformed',
    });
    expect(readdirSync(join(folder, 'keys')).toSorted()).toEqual(['joining-hub.pem', 'joining-tls.pem']);
  });
});

describe('the authority is taken from the RC', () => {
  test('where its fingerprint is the one that is known', async () => {
    const { world, address, authority } = await testRc();
    expect(await fetchAuthority(world, address, authority.fingerprint)).toEqual(authority.certificate);
  });

  test('also where another authority stands between it and the RC', async () => {
    const world = onLoopback();
    const now = world.clock.now();
    const [old, young] = [await newAuthority(now), await newAuthority(now, 'Young network')];
    const above = [await bridgeTo(young.key, old.signer, now), old.authority.certificate];
    const identity = { ...(await rcIdentity(young.authority, now)), authorities: above };
    const { address } = await serve(world, identity, () => undefined);
    for (const authority of above) {
      expect(await fetchAuthority(world, address, certificateFingerprint(authority))).toEqual(authority);
    }
  });

  test('but not where the RC does not show it', async () => {
    const { world, authority } = await testRc();
    const identity = await rcIdentity(authority, world.clock.now());
    const { address } = await serve(world, { ...identity, authorities: [] }, () => undefined);
    await expect(fetchAuthority(world, address, authority.fingerprint)).rejects.toMatchObject({
      code: 'rc-untrusted',
    });
  });

  test('but not from somebody who shows it above a certificate that it did not sign', async () => {
    const { world, authority } = await testRc();
    for (const name of ['Test network', 'Other network']) {
      const other = await newAuthority(world.clock.now(), name);
      const identity = await rcIdentity(other.authority, world.clock.now());
      const shown = { ...identity, authorities: [authority.certificate] };
      const { address } = await serve(world, shown, () => undefined);
      await expect(fetchAuthority(world, address, authority.fingerprint)).rejects.toMatchObject({
        code: 'rc-untrusted',
      });
    }
  });

  test('but not from one of its members, nor under another name', async () => {
    const { world, authority } = await testRc();
    const now = world.clock.now();
    const { privateKey, publicKey } = newTlsKeyPair();
    const certificate = await authority.issueTls({
      id: 'desk-1',
      role: 'client',
      publicKeySpki: publicKey,
      now,
    });
    const member = { privateKey, certificate, authorities: [authority.certificate] };
    for (const identity of [member, await rcIdentity(authority, now, 'rc.example')]) {
      const { address } = await serve(world, identity, () => undefined);
      await expect(fetchAuthority(world, address, authority.fingerprint)).rejects.toMatchObject({
        code: 'rc-untrusted',
      });
    }
  });
});

/** An RC that lets one token in, whoever asks, and can lose or change its replies. */
async function testRc() {
  const world = onLoopback();
  const { authority } = await newAuthority(world.clock.now());
  const requests: JoinRequest[] = [];
  let toLose = 0;
  let change = (response: JoinResponse): JoinResponse => response;
  const { address } = await serve(
    world,
    await rcIdentity(authority, world.clock.now()),
    (request, response) => {
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const asked = joinRequest.parse(JSON.parse(Buffer.concat(chunks).toString()));
        requests.push(asked);
        void admit(authority, world, asked).then((admitted) => {
          toLose -= 1;
          if (toLose >= 0) request.socket.destroy();
          else if (asked.secret !== toHex(token.secret)) refuse(response);
          else answerJson(response, change(admitted));
        });
      });
    },
  );
  const token: JoinToken = {
    kind: 'hub',
    rc: address,
    fingerprint: authority.fingerprint,
    secret: new Uint8Array(16).fill(7),
    expires: world.clock.now() + DAY,
  };
  return {
    world,
    authority,
    address,
    token,
    requests,
    lose: (replies: number) => {
      toLose = replies;
    },
    change: (how: typeof change) => {
      change = how;
    },
    join: (options: {
      readonly folder: string;
      readonly kind: MemberKind;
      readonly token?: JoinToken;
      readonly keep?: (response: JoinResponse) => Promise<void>;
    }) => {
      const { token: given = token, ...rest } = options;
      return joinNetwork({
        surroundings: world,
        ...rest,
        token: encodeJoinToken({ ...given, kind: options.kind }),
      });
    },
  };
}

async function admit(
  authority: Authority,
  { clock }: TestSurroundings,
  asked: JoinRequest,
): Promise<JoinResponse> {
  const id = asked.kind === 'hub' ? 'goa-01' : 'desk-1';
  const now = clock.now();
  const tls = await authority.issueTls({ id, role: 'client', publicKeySpki: fromHex(asked.tlsKey), now });
  const address = { host: 'goa.example', port: 8441 };
  return {
    kind: asked.kind,
    id,
    tlsCertificate: toHex(tls),
    authorities: [toHex(authority.certificate)],
    ...(asked.hubKey !== undefined && {
      hub: {
        certificate: toHex(
          await authority.issueHub({ id, location: 'Goa', address, publicKey: fromHex(asked.hubKey), now }),
        ),
        location: 'Goa',
        address: 'goa.example:8441',
      },
    }),
    hubs: [],
  };
}

function refuse(response: ServerResponse): void {
  answerJson(response, { title: 'The join token is not good', status: 403, code: 'token-refused' }, 403);
}
