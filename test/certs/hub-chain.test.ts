import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Authority, createAuthority, HUB_CERTIFICATE_MS } from '../../certs/authority.ts';
import { caPinOf, parseCertificate } from '../../certs/certificate.ts';
import { HubCertificateError, type HubTrust, verifyHubChain } from '../../certs/hub-chain.ts';
import {
  authorityExtensions,
  distinguishedName,
  importSigningKey,
  issueCertificate,
  keyAgreementOnly,
  type Signer,
} from '../../certs/issue.ts';
import { newTlsKeyPair, x25519PublicKeyToSpki } from '../../certs/keys.ts';
import { fromHex, toHex } from '../../protocol/bytes.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { seededRandom } from '../../runtime/random.ts';
import { bridgeTo, signerOf } from './support.ts';

const NOW = Date.UTC(2026, 10, 23, 12);
const DAY = 24 * 60 * 60 * 1000;
const random = seededRandom('hub-chain');
const hubKey = random(32);
const address = { host: 'goa-01.example', port: 8441 };

let authority: Authority;
let signer: Signer;
let leaf: Uint8Array;
let trust: HubTrust;

beforeAll(async () => {
  const key = await createAuthority({ name: 'Test network', now: NOW - 30 * DAY, random });
  authority = await Authority.open(key, random);
  signer = await signerOf(key);
  leaf = await authority.issueHub({ id: 'goa-01', location: 'Goa', address, publicKey: hubKey, now: NOW });
  trust = { now: NOW, caPin: authority.caPin };
});

describe('a hub is trusted', () => {
  test('by a card that carries the pin of its authority', () => {
    expect(verifyHubChain([leaf, authority.certificate], trust)).toEqual({
      hubId: 'goa-01',
      location: 'Goa',
      hubStatic: hubKey,
      notBefore: NOW - 60 * 60 * 1000,
      notAfter: NOW + HUB_CERTIFICATE_MS,
    });
  });

  test('by a terminal that has joined its network', () => {
    const joined = { now: NOW, authorities: [authority.certificate] };
    expect(verifyHubChain([leaf, authority.certificate], joined).hubId).toBe('goa-01');
  });

  test('by a terminal that is set to it', () => {
    const set = { ...trust, hubIds: ['pune-02', 'goa-01'] };
    expect(verifyHubChain([leaf, authority.certificate], set).hubId).toBe('goa-01');
  });

  test('whatever stands in the chain above the pinned issuer', () => {
    const junk = Uint8Array.of(1, 2, 3);
    expect(verifyHubChain([leaf, authority.certificate, junk], trust).hubId).toBe('goa-01');
  });

  test('on its first second and its last', () => {
    const chain = [leaf, authority.certificate];
    const { notBefore, notAfter } = verifyHubChain(chain, trust);
    expect(verifyHubChain(chain, { ...trust, now: notBefore }).hubId).toBe('goa-01');
    expect(verifyHubChain(chain, { ...trust, now: notAfter }).hubId).toBe('goa-01');
    expect(code(chain, { ...trust, now: notBefore - 1 })).toBe('hub-certificate-not-yet');
    expect(code(chain, { ...trust, now: notAfter + 1 })).toBe('hub-certificate-expired');
  });

  test('with a location in any script, as it was written', async () => {
    const location = 'गोवा, "Clinic" \\ #1';
    const certificate = await authority.issueHub({
      id: 'goa-01',
      location,
      address,
      publicKey: hubKey,
      now: NOW,
    });
    expect(verifyHubChain([certificate, authority.certificate], trust).location).toBe(location);
  });

  test.each(cases())('as the vectors have it: %#', ({ hello, caPin, hubId, location, hubStatic }) => {
    const { certificates } = decodeHello(fromHex(hello));
    const found = verifyHubChain(certificates, { now: NOW, caPin: fromHex(caPin) });
    expect({ ...found, hubStatic: toHex(found.hubStatic) }).toMatchObject({ hubId, location, hubStatic });
    expect(code(certificates, { now: NOW, caPin: new Uint8Array(16) })).toBe('hub-certificate-foreign');
  });
});

describe('after the authority has rotated', () => {
  let young: Authority;
  /** The young authority's key, certified by the old one. */
  let bridge: Uint8Array;
  let youngLeaf: Uint8Array;

  beforeAll(async () => {
    const key = await createAuthority({ name: 'Test network 2', now: NOW, random });
    young = await Authority.open(key, random);
    bridge = await bridgeTo(key, signer, NOW);
    youngLeaf = await young.issueHub({ id: 'goa-01', location: 'Goa', address, publicKey: hubKey, now: NOW });
  });

  test('cards of before and after trust the same hub', () => {
    const chain = [youngLeaf, bridge, authority.certificate];
    expect(verifyHubChain(chain, { now: NOW, caPin: young.caPin }).hubId).toBe('goa-01');
    expect(verifyHubChain(chain, { now: NOW, caPin: authority.caPin }).hubId).toBe('goa-01');
  });

  test('a terminal that knows only the old authority goes on past a pin on the young one', () => {
    const chain = [youngLeaf, bridge, authority.certificate];
    const joined = { now: NOW, caPin: young.caPin, authorities: [authority.certificate] };
    expect(verifyHubChain(chain, joined).hubId).toBe('goa-01');
    expect(code(chain.slice(0, 2), joined)).toBe('hub-certificate-foreign');
  });

  test("a terminal that knows the young one by its self-signed certificate knows it by the old one's too", () => {
    const chain = [youngLeaf, bridge, authority.certificate];
    const joined = { now: NOW, caPin: authority.caPin, authorities: [young.certificate] };
    expect(verifyHubChain(chain, joined).hubId).toBe('goa-01');
  });

  test('an old authority that has expired is looked at only where it is needed', async () => {
    const chain = [youngLeaf, bridge, authority.certificate];
    const end = parseCertificate(authority.certificate).notAfter;
    const late = await young.issueHub({
      id: 'goa-01',
      location: 'Goa',
      address,
      publicKey: hubKey,
      now: end,
    });
    const fresh = [late, ...chain.slice(1)];
    expect(verifyHubChain([late, young.certificate], { now: end + 1, caPin: young.caPin }).hubId).toBe(
      'goa-01',
    );
    expect(code(fresh, { now: end + 1, caPin: authority.caPin })).toBe('hub-certificate-expired');
  });
});

describe('a hub is refused', () => {
  test('when it belongs to another network than the card', () => {
    expect(code([leaf, authority.certificate], { ...trust, caPin: random(16) })).toBe(
      'hub-certificate-foreign',
    );
  });

  test('when it belongs to another network than the terminal', async () => {
    const other = await createAuthority({ name: 'Other network', now: NOW, random });
    const joined = { ...trust, authorities: [other.certificate] };
    expect(code([leaf, authority.certificate], joined)).toBe('hub-certificate-foreign');
    expect(code([leaf, authority.certificate], { ...trust, authorities: [] })).toBe(
      'hub-certificate-foreign',
    );
  });

  test('when nothing says whom to trust', () => {
    expect(code([leaf, authority.certificate], { now: NOW })).toBe('hub-certificate-foreign');
  });

  test('when its own key is what the pin names', () => {
    const pin = caPinOf(parseCertificate(leaf).spki);
    expect(code([leaf, authority.certificate], { now: NOW, caPin: pin })).toBe('hub-certificate-foreign');
  });

  test('when this terminal is set to others', () => {
    expect(code([leaf, authority.certificate], { ...trust, hubIds: ['pune-02'] })).toBe('hub-not-listed');
    expect(code([leaf, authority.certificate], { ...trust, hubIds: [] })).toBe('hub-not-listed');
  });

  test('when the chain has fewer than two certificates or more than four', () => {
    const ca = authority.certificate;
    for (const chain of [[], [leaf], [leaf, ca, ca, ca, ca]]) {
      expect(code(chain, trust)).toBe('hub-certificate-malformed');
    }
    expect(verifyHubChain([leaf, ca, ca, ca], trust).hubId).toBe('goa-01');
  });

  test("when its certificate is signed by somebody with the authority's name", async () => {
    const impostor = newTlsKeyPair();
    const forged = await issue({
      by: { ...signer, key: await importSigningKey(impostor.privateKey) },
    });
    expect(code([forged, authority.certificate], trust)).toBe('hub-certificate-signature');
  });

  test('when the authority has another name than the issuer in its certificate', async () => {
    const forged = await issue({ by: { ...signer, name: distinguishedName(['CN', 'Somebody else']) } });
    expect(code([forged, authority.certificate], trust)).toBe('hub-certificate-signature');
  });

  test('when its issuer is no authority', async () => {
    const { privateKey, publicKey } = newTlsKeyPair();
    const member = await authority.issueTls({
      id: 'desk-1',
      role: 'client',
      publicKeySpki: publicKey,
      now: NOW,
    });
    const forged = await issue({ by: await signerOf({ certificate: member, privateKey }) });
    expect(code([forged, member, authority.certificate], trust)).toBe('hub-certificate-role');
  });

  test("when its certificate is an authority's", async () => {
    const extensions = await authorityExtensions(x25519PublicKeyToSpki(hubKey));
    expect(code([await issue({ extensions }), authority.certificate], trust)).toBe('hub-certificate-role');
  });

  test('when its key is no X25519 key', async () => {
    const { publicKey } = newTlsKeyPair();
    expect(code([await issue({ publicKey }), authority.certificate], trust)).toBe('hub-certificate-key');
  });

  test.each([
    ['no id', distinguishedName(['L', 'Goa'])],
    ['two ids', distinguishedName(['CN', 'goa-01'], ['CN', 'goa-02'], ['L', 'Goa'])],
    ['the same id twice', distinguishedName(['CN', 'goa-01'], ['CN', 'goa-01'], ['L', 'Goa'])],
    ['an id in capitals', distinguishedName(['CN', 'GOA-01'], ['L', 'Goa'])],
    ['an id with a line break', distinguishedName(['CN', 'goa-01\n'], ['L', 'Goa'])],
    ['an id that is too long', distinguishedName(['CN', 'g'.repeat(33)], ['L', 'Goa'])],
    ['no location', distinguishedName(['CN', 'goa-01'])],
    ['two locations', distinguishedName(['CN', 'goa-01'], ['L', 'Goa'], ['L', 'Pune'])],
    ['a location with a control character', distinguishedName(['CN', 'goa-01'], ['L', 'Goa\u0007'])],
  ])('when its certificate has %s', async (_, subject) => {
    expect(code([await issue({ subject }), authority.certificate], trust)).toBe('hub-certificate-name');
  });

  test('when an authority on the way has another kind of key than P-256', async () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const publicKey = new Uint8Array(key.export({ type: 'spki', format: 'der' }));
    const subject = distinguishedName(['CN', 'Strong network']);
    const strong = await issue({ subject, publicKey, extensions: await authorityExtensions(publicKey) });
    const forged = await issue({ by: { ...signer, name: subject } });
    expect(code([forged, strong, authority.certificate], trust)).toBe('hub-certificate-key');
  });

  test('when a certificate is larger than any of ours could be', () => {
    const huge = new Uint8Array(60_000);
    expect(code([huge, authority.certificate], trust)).toBe('hub-certificate-too-large');
    expect(code([leaf, huge], trust)).toBe('hub-certificate-too-large');
  });

  test('when a certificate is PEM, or is followed by something', () => {
    const pem = new TextEncoder().encode(parseCertificate(leaf).x509.toString());
    expect(code([pem, authority.certificate], trust)).toBe('hub-certificate-malformed');
    expect(code([Uint8Array.of(...leaf, 0), authority.certificate], trust)).toBe('hub-certificate-malformed');
  });

  test('when a certificate is cut anywhere', () => {
    for (let length = 0; length < leaf.length; length++) {
      expect(code([leaf.slice(0, length), authority.certificate], trust)).toBe('hub-certificate-malformed');
    }
  });

  test('when any byte of its certificate is changed', () => {
    for (const at of leaf.keys()) {
      const changed = Uint8Array.from(leaf);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      expect(code([changed, authority.certificate], trust)).toMatch(/^hub-certificate-/);
    }
  });

  test('when it shows any random bytes', () => {
    const chains = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });
    fc.assert(fc.property(chains, (chain) => /^hub-certificate-/.test(code(chain, trust))));
  });
});

/** The code with which `chain` is refused. */
function code(chain: readonly Uint8Array[], rules: HubTrust): string {
  try {
    const { hubId } = verifyHubChain(chain, rules);
    return `trusted as ${hubId}`;
  } catch (error) {
    if (error instanceof HubCertificateError) return error.code;
    throw error;
  }
}

/** A hub's certificate, right but for what `wrong` says. */
function issue(
  wrong: Partial<Parameters<typeof issueCertificate>[1]> & { readonly by?: Signer },
): Promise<Uint8Array> {
  const { by = signer, ...content } = wrong;
  return issueCertificate(
    by,
    {
      subject: distinguishedName(['CN', 'goa-01'], ['L', 'Goa']),
      publicKey: x25519PublicKeyToSpki(hubKey),
      notBefore: NOW - DAY,
      notAfter: NOW + DAY,
      extensions: [keyAgreementOnly()],
      ...content,
    },
    random,
  );
}

interface VectorCase {
  readonly keys: { readonly ca_pin: string; readonly hub_id: string };
  readonly login: { readonly hello: string; readonly location: string; readonly hub_public: string };
}

function cases() {
  const file = new URL('../protocol/vectors/cardea-1.json', import.meta.url);
  const vectors: { readonly cases: readonly VectorCase[] } = JSON.parse(readFileSync(file, 'utf8'));
  return vectors.cases.map(({ keys, login }) => ({
    hello: login.hello,
    caPin: keys.ca_pin,
    hubId: keys.hub_id,
    location: login.location,
    hubStatic: login.hub_public,
  }));
}
