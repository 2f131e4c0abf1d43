import { dirname, join } from 'node:path';
import { z } from 'zod';
import { IdentityDamagedError } from '../../certs/tls-identity.ts';
import { fromHex, fromUtf8, toHex } from '../../protocol/bytes.ts';
import { hexBytes } from '../../protocol/rc-api/fields.ts';
import { FileMissingError, makeSecretFolder, readSecretFile, writeFileDurably } from '../../runtime/files.ts';

/** What a hub keeps for limbasiya-2021, under the paper's names (PROTOCOL 1.1). Sizes in bytes. */
export interface HubSecrets {
  /** 16. */
  readonly r_S: Uint8Array;
  /** `PW_j`, 32. */
  readonly PW: Uint8Array;
  /** `SSK_j`, 32; null until the registration centre has answered. */
  readonly SSK: Uint8Array | null;
}

const secretsFile = z.object({ r_S: hexBytes(16), PW: hexBytes(32), SSK: hexBytes(32).nullable() });

function pathIn(folder: string): string {
  return join(folder, 'keys', 'limbasiya.json');
}

/** @throws IdentityDamagedError, SecretFileExposedError, FileError; null where there are none yet */
export async function readHubSecrets(folder: string): Promise<HubSecrets | null> {
  const path = pathIn(folder);
  let content: Uint8Array;
  try {
    content = await readSecretFile(path);
  } catch (error) {
    if (error instanceof FileMissingError) return null;
    throw error;
  }
  const parsed = secretsFile.safeParse(parseJson(content));
  if (!parsed.success) {
    // The cause is left out: it might quote a secret.
    throw new IdentityDamagedError(`${path} is not what was written there: restore it from a backup`);
  }
  const { r_S, PW, SSK } = parsed.data;
  return { r_S: fromHex(r_S), PW: fromHex(PW), SSK: SSK === null ? null : fromHex(SSK) };
}

/** Durably, 0600, in a folder for its owner alone. @throws FileError */
export async function writeHubSecrets(folder: string, { r_S, PW, SSK }: HubSecrets): Promise<void> {
  const path = pathIn(folder);
  await makeSecretFolder(dirname(path));
  const content = { r_S: toHex(r_S), PW: toHex(PW), SSK: SSK === null ? null : toHex(SSK) };
  await writeFileDurably(path, `${JSON.stringify(content)}\n`, { mode: 0o600 });
}

function parseJson(content: Uint8Array): unknown {
  try {
    return JSON.parse(fromUtf8(content));
  } catch {
    return undefined;
  }
}
