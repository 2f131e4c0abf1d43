import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadHubIdentity, saveHubIdentity } from '../../certs/hub-identity.ts';
import { loadTlsIdentity, saveTlsIdentity, type TlsIdentity } from '../../certs/tls-identity.ts';
import { noble } from '../../protocol/crypto/noble.ts';
import { seededRandom } from '../../runtime/random.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { memberIdentity, newAuthority } from './support.ts';

const NOW = Date.UTC(2026, 10, 23);
const random = seededRandom('identity');

/** A kept identity of either kind: what is wrong with its file shows in the same way. */
const kinds = [
  {
    kind: 'TLS',
    file: 'keys/tls.pem',
    save: async (folder: string) => saveTlsIdentity(folder, await tlsIdentity()),
    load: (folder: string) => loadTlsIdentity(folder),
  },
  {
    kind: 'hub',
    file: 'keys/hub.pem',
    save: async (folder: string) => saveHubIdentity(folder, await hubIdentity()),
    load: (folder: string) => loadHubIdentity(folder),
  },
];

describe.each(kinds)('a kept $kind identity', ({ file, save, load }) => {
  async function kept() {
    const folder = temporaryFolder();
    await save(folder);
    return { folder, path: join(folder, file) };
  }

  test("is its owner's alone", async () => {
    const { folder, path } = await kept();
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
  });

  test.each([0o640, 0o604, 0o660])('is refused once its mode is %o', async (mode) => {
    const { folder, path } = await kept();
    chmodSync(path, mode);
    await expect(load(folder)).rejects.toMatchObject({ code: 'secret-file-exposed' });
  });

  test('is missed where nothing has joined', async () => {
    await expect(load(temporaryFolder())).rejects.toMatchObject({ code: 'not-joined' });
  });

  test('is replaced whole', async () => {
    const { folder, path } = await kept();
    const before = readFileSync(path, 'utf8');
    await save(folder);
    expect(readFileSync(path, 'utf8')).not.toBe(before);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await load(folder);
  });

  test('is refused when its file holds something else', async () => {
    const { folder, path } = await kept();
    const whole = readFileSync(path, 'utf8');
    const blocks = whole.match(/-----BEGIN[\s\S]*?-----END [A-Z ]+-----\n/g) ?? [];
    const [key = '', ...certificates] = blocks;
    const other = await kept();
    const [otherKey = ''] =
      readFileSync(other.path, 'utf8').match(/-----BEGIN[\s\S]*?-----END [A-Z ]+-----\n/g) ?? [];
    const wrong = [
      '',
      'nonsense',
      key,
      certificates.join(''),
      key + certificates[0],
      otherKey + certificates.join(''),
      key + certificates.toReversed().join(''),
      whole.replace('M', 'N'),
      whole.slice(0, -100),
      whole.replace(
        certificates.at(-1) ?? '',
        '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      ),
      `${key.slice(0, 60)}\n-----END PRIVATE KEY-----\n${certificates.join('')}`,
    ];
    for (const text of wrong) {
      writeFileSync(path, text);
      const refusal = await load(folder).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ code: 'identity-damaged', message: expect.stringContaining(path) });
      expect(String(refusal)).not.toContain(key.split('\n')[1]);
    }
    writeFileSync(path, whole);
    await load(folder);
  });
});

test('a TLS identity is read as it was written, in each of its places', async () => {
  const folder = temporaryFolder();
  const [own, operator] = [await tlsIdentity(), await tlsIdentity()];
  await saveTlsIdentity(folder, own);
  await saveTlsIdentity(folder, operator, 'operator');
  expect(await loadTlsIdentity(folder)).toEqual(own);
  expect(await loadTlsIdentity(folder, 'operator')).toEqual(operator);
});

test('a hub identity is read as it was written, with what its certificate says', async () => {
  const folder = temporaryFolder();
  const written = await hubIdentity();
  await saveHubIdentity(folder, written);
  const publicKey = noble.x25519Public(written.privateKey);
  expect(await loadHubIdentity(folder)).toEqual({
    hubId: 'goa-01',
    location: 'Goa',
    hubStatic: publicKey,
    keyPair: { privateKey: written.privateKey, publicKey },
    chain: written.chain,
    notBefore: NOW - 60 * 60 * 1000,
    notAfter: NOW + 14 * 24 * 60 * 60 * 1000,
  });
});

async function tlsIdentity(): Promise<TlsIdentity> {
  const [{ authority }, older] = [await newAuthority(NOW), await newAuthority(NOW)];
  const authorities = [authority.certificate, older.authority.certificate];
  return { ...(await memberIdentity(authority, NOW)), authorities };
}

async function hubIdentity() {
  const { authority } = await newAuthority(NOW);
  const privateKey = random(32);
  const certificate = await authority.issueHub({
    id: 'goa-01',
    location: 'Goa',
    address: { host: '127.0.0.1', port: 8441 },
    publicKey: noble.x25519Public(privateKey),
    now: NOW,
  });
  return { privateKey, chain: [certificate, authority.certificate] };
}
