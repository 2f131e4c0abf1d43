import { join } from 'node:path';
import { z } from 'zod';
import { NotJoinedError } from '../certs/tls-identity.ts';
import { fromUtf8 } from '../protocol/bytes.ts';
import { hostPort } from '../protocol/rc-api/fields.ts';
import { parseAddress } from '../runtime/address.ts';
import { CardeaError } from '../runtime/errors.ts';
import { FileMissingError, makeSecretFolder, readWholeFile, writeFileDurably } from '../runtime/files.ts';
import type { Address } from '../runtime/network.ts';

/** network.json is not what `join` wrote there. */
export class NetworkFileError extends CardeaError {
  readonly code = 'network-file-malformed';
}

const networkFile = z.object({ rc: hostPort, address: hostPort });

/** What a hub keeps of the network that it joined, besides its keys. */
export interface NetworkRecord {
  /** Where the registration centre is. */
  readonly rc: Address;
  /** How terminals are told to reach this hub, `HOST:PORT`. */
  readonly announced: string;
}

/** @throws FileError */
export async function writeNetworkRecord(
  folder: string,
  record: { readonly rc: string; readonly announced: string },
): Promise<void> {
  await makeSecretFolder(folder);
  const text = JSON.stringify({ rc: record.rc, address: record.announced }, null, 2);
  await writeFileDurably(pathIn(folder), `${text}\n`);
}

/** @throws NotJoinedError, NetworkFileError, FileError */
export async function readNetworkRecord(folder: string): Promise<NetworkRecord> {
  const path = pathIn(folder);
  let text: string;
  try {
    text = fromUtf8(await readWholeFile(path));
  } catch (cause) {
    if (!(cause instanceof FileMissingError)) throw cause;
    throw new NotJoinedError(
      `no hub has joined a network in ${folder}: run "cardea-hub join", or check --data`,
      {
        cause,
      },
    );
  }
  try {
    const { rc, address } = networkFile.parse(JSON.parse(text));
    return { rc: parseAddress(rc), announced: address };
  } catch (cause) {
    throw new NetworkFileError(
      `${path} is not what was written there: check --data, or restore it from a backup`,
      { cause },
    );
  }
}

function pathIn(folder: string): string {
  return join(folder, 'network.json');
}
