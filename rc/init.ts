import { Authority, type AuthorityKey, createAuthority } from '../certs/authority.ts';
import { certificateFingerprint, keyFingerprint, parseCertificate } from '../certs/certificate.ts';
import { newTlsKeyPair } from '../certs/keys.ts';
import { saveTlsIdentity } from '../certs/tls-identity.ts';
import { toHex, wipe } from '../protocol/bytes.ts';
import { machineOrigin } from '../runtime/audit/event.ts';
import { makeSecretFolder } from '../runtime/files.ts';
import type { Address } from '../runtime/network.ts';
import type { SecretFolder } from '../runtime/secret-folder.ts';
import type { Surroundings } from '../runtime/surroundings.ts';
import { rcPaths } from './folder.ts';
import { MasterKeys, openLimbasiyaKey } from './master-keys.ts';
import { NetworkAuthority } from './network-authority.ts';
import { rcSecrets } from './secrets.ts';
import { issueServerIdentity } from './server-identity.ts';
import { createRcStore } from './store/rc-store.ts';
import { makeRcFolder } from './workshop.ts';

export interface InitOptions {
  readonly surroundings: Surroundings;
  readonly folder: string;
  /** How others will reach the registration centre; with port 0, on whatever port `serve` listens. */
  readonly address: Address;
  /** The first operator's id. */
  readonly operator?: string;
  /** Seals the master key and the authority's key; without it they are files for their owner alone. */
  readonly passphrase?: string | undefined;
  /** The cost of sealing; 17 when left out. */
  readonly sealingLogN?: number | undefined;
}

export interface NewNetwork {
  readonly operator: string;
  /** SHA-256 of the authority's certificate, in hex: what join tokens carry of it. */
  readonly fingerprint: string;
}

const GENERATION_BYTES = 16;

/**
 * Sets a network up (DESIGN, setting up): its authority, master key, database, the registration centre's TLS
 * certificate, and the first operator, an admin, in `operator/`.
 *
 * One that was cut short is begun anew by the next (`makeRcFolder`).
 *
 * @throws AlreadySetUpError, FolderInUseError, FileError, StoreError
 */
export async function initRc(options: InitOptions): Promise<NewNetwork> {
  return makeRcFolder(options.folder, 'init', async (workshop) => ({
    address: options.address,
    result: await makeEverything(workshop, options),
  }));
}

async function makeEverything(
  folder: string,
  { surroundings, address, operator = 'admin', passphrase, sealingLogN: logN }: InitOptions,
): Promise<NewNetwork> {
  const { clock, random } = surroundings;
  const paths = rcPaths(folder);
  const now = clock.now();
  await makeSecretFolder(paths.keys);
  const authorityKey = await createAuthority({ name: 'Cardea authority', now, random });
  await keepSecrets(rcSecrets(folder, random, logN === undefined ? {} : { logN }), {
    authorityKey,
    passphrase,
    random,
  });
  const authority = await Authority.open(authorityKey, random);
  await issueServerIdentity(
    folder,
    { current: authority, certificates: [authority.certificate] },
    address,
    now,
  );

  const { privateKey, publicKey } = newTlsKeyPair();
  const certificate = await authority.issueTls({
    id: operator,
    role: 'client',
    publicKeySpki: publicKey,
    now,
  });
  const identity = { privateKey, certificate, authorities: [authority.certificate] };
  await saveTlsIdentity(folder, identity, 'operator');
  await createRegistry(paths.store, random(GENERATION_BYTES), operator, certificate, now);
  return { operator, fingerprint: toHex(authority.fingerprint) };
}

async function keepSecrets(
  secrets: SecretFolder,
  options: {
    readonly authorityKey: AuthorityKey;
    readonly passphrase: string | undefined;
    readonly random: Surroundings['random'];
  },
): Promise<void> {
  try {
    if (options.passphrase !== undefined) await secrets.sealFromNow(options.passphrase);
    await NetworkAuthority.create(secrets, options.authorityKey);
    await MasterKeys.create(secrets, options.random);
    wipe(await openLimbasiyaKey(secrets, options.random, false));
  } finally {
    await secrets.close();
  }
}

async function createRegistry(
  path: string,
  generation: Uint8Array,
  operator: string,
  certificate: Uint8Array,
  now: number,
): Promise<void> {
  const store = createRcStore(path, generation);
  try {
    const { spki, notAfter: expires } = parseCertificate(certificate);
    await store.audit.note({
      ...machineOrigin({ now: () => now }),
      action: 'network.created',
      outcome: 'done',
    });
    await store.members.admitFirst(
      { kind: 'operator', id: operator, role: 'admin' },
      { fingerprint: certificateFingerprint(certificate), key: keyFingerprint(spki), expires },
      now,
    );
  } finally {
    store.close();
  }
}
