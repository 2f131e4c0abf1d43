import { join } from 'node:path';
import { toHex } from '../protocol/bytes.ts';
import { listFolder, readSecretFile } from '../runtime/files.ts';
import { isSealed, parseSealed } from '../runtime/sealing.ts';
import { SecretFolder } from '../runtime/secret-folder.ts';

/** Lies among the keys, and is none. */
const NO_KEY = 'audit-anchor.json';

export interface BackupPassphrase {
  readonly random: (length: number) => Uint8Array;
  /** Asks for it. */
  readonly passphrase: () => Promise<string>;
  /** The cost of sealing, where it is not 17. */
  readonly logN?: number;
}

/** How the keys lie in a backup. */
export interface KeysInBackup {
  readonly keys: 'sealed' | 'clear';
  /** That of the records; `own`: sealed under a passphrase of its own, as it was. */
  readonly recordsKey: 'sealed' | 'clear' | 'own' | 'not in it';
}

/** Besides, what is written there in place of a file; null leaves it out. */
export interface KeysForBackup extends KeysInBackup {
  readonly insteadOf: (path: string) => string | null | undefined;
}

/**
 * The keys of the hub in `folder`, for a backup: as they lie there, or sealed under a passphrase, so that none is ever
 * in the clear on the backup's disk. The records' key, where it is sealed already, stays as it is.
 *
 * @throws SecretFileExposedError, FileError, and what asking for the passphrase throws
 */
export async function keysForBackup(folder: string, sealUnder?: BackupPassphrase): Promise<KeysForBackup> {
  const salts = await saltsIn(folder);
  if (sealUnder === undefined) {
    return { keys: 'clear', recordsKey: recordsKeyIn(salts, 'clear'), insteadOf: () => undefined };
  }
  const inTheClear = [...salts].filter(([, salt]) => salt === null).map(([name]) => name);
  const secrets = secretsIn(folder, inTheClear, sealUnder);
  try {
    const copies = await secrets.sealedCopies(sealUnder.passphrase);
    const insteadOf = (path: string) => {
      const [, name] = /^keys\/(.*)$/.exec(path) ?? [];
      if (name === undefined || name === NO_KEY) return undefined;
      // A key that came just now, of a renewal that is under way: it begins anew after a restore.
      return copies.get(name) ?? (salts.has(name) ? undefined : null);
    };
    return { keys: 'sealed', recordsKey: recordsKeyIn(salts, 'sealed'), insteadOf };
  } finally {
    await secrets.close();
  }
}

/**
 * Opens the keys that `keysForBackup` has sealed; where it has sealed none, nobody is asked for anything.
 *
 * @param folder into which the backup was unpacked
 * @throws PassphraseError, SealedFileError, FileError, and what asking for the passphrase throws
 */
export async function openBackupKeys(folder: string, sealedUnder: BackupPassphrase): Promise<void> {
  const salts = await saltsIn(folder);
  // A hub's own key is never sealed but in a backup, and all that was sealed with it has its salt.
  const own = salts.get('hub.pem') ?? null;
  if (own === null) return;
  const names = [...salts].filter(([, salt]) => salt === own).map(([name]) => name);
  const secrets = secretsIn(folder, names, sealedUnder);
  try {
    await secrets.unseal();
  } finally {
    await secrets.close();
  }
}

function recordsKeyIn(
  salts: ReadonlyMap<string, string | null>,
  inTheBackup: 'sealed' | 'clear',
): KeysInBackup['recordsKey'] {
  const salt = salts.get('records.key');
  if (salt === undefined) return 'not in it';
  return salt === null ? inTheBackup : 'own';
}

/** The salt under which each key is sealed; null where it is in the clear. */
async function saltsIn(folder: string): Promise<ReadonlyMap<string, string | null>> {
  const keys = join(folder, 'keys');
  const salts = new Map<string, string | null>();
  for (const name of await listFolder(keys)) {
    if (name === NO_KEY || name.startsWith('.')) continue;
    const content = await readSecretFile(join(keys, name));
    salts.set(name, isSealed(content) ? toHex(parseSealed(content, join(keys, name)).salt) : null);
    content.fill(0);
  }
  return salts;
}

function secretsIn(
  folder: string,
  names: readonly string[],
  { random, passphrase, logN }: BackupPassphrase,
): SecretFolder {
  return new SecretFolder({
    folder: join(folder, 'keys'),
    isSecret: (name) => names.includes(name),
    passphrase,
    random,
    ...(logN !== undefined && { logN }),
  });
}
