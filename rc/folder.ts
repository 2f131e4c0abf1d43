import { join } from 'node:path';
import { z } from 'zod';
import { fromUtf8 } from '../protocol/bytes.ts';
import { formatAddress, parseAddress } from '../runtime/address.ts';
import { CardeaError } from '../runtime/errors.ts';
import { FileMissingError, readWholeFile, writeFileDurably } from '../runtime/files.ts';
import type { Address } from '../runtime/network.ts';

/** Nothing was set up in the folder, or what is there is not what was. */
export class RcFolderError extends CardeaError {
  readonly code = 'rc-folder';
}

/** Where things lie in the data folder of a registration centre, or of an operator's machine. */
export function rcPaths(folder: string) {
  return {
    /** Says that the folder is whole, and where its registration centre is. Written last. */
    network: join(folder, 'network.json'),
    /** Where `serve` listens at the moment. */
    listening: join(folder, 'listening.json'),
    store: join(folder, 'store.sqlite'),
    keys: join(folder, 'keys'),
    operator: join(folder, 'operator'),
  } as const;
}

const networkFile = z.object({
  /** A registration centre of its own, or an operator's machine that has joined one. */
  kind: z.enum(['registration-centre', 'operator']),
  address: z.string().transform((text) => parseAddress(text)),
});

const listeningFile = z.object({ port: z.int().min(1).max(65_535) });

export interface NetworkFile {
  readonly kind: 'registration-centre' | 'operator';
  /** How the registration centre is reached; port 0: on whatever port `serve` listens. */
  readonly address: Address;
}

/** @throws RcFolderError when nothing was set up here, or the file is not what was written */
export async function readNetworkFile(folder: string): Promise<NetworkFile> {
  const path = rcPaths(folder).network;
  const content = await readIfThere(path);
  if (content === undefined) {
    throw new RcFolderError(
      `there is no registration centre in ${folder}: run "cardea-rc init" or "cardea-rc join" first, or check --data`,
    );
  }
  return parseFile(path, networkFile, content);
}

/** Whether a registration centre was set up here. @throws RcFolderError when its file is damaged */
export async function isRegistrationCentre(folder: string): Promise<boolean> {
  const path = rcPaths(folder).network;
  const content = await readIfThere(path);
  return content !== undefined && parseFile(path, networkFile, content).kind === 'registration-centre';
}

/** Marks the folder as whole. @throws FileError */
export async function writeNetworkFile(folder: string, { kind, address }: NetworkFile): Promise<void> {
  const content = { kind, address: formatAddress(address) };
  await writeFileDurably(rcPaths(folder).network, `${JSON.stringify(content)}\n`);
}

/** @returns undefined while nothing serves the folder */
export async function readListeningPort(folder: string): Promise<number | undefined> {
  const path = rcPaths(folder).listening;
  const content = await readIfThere(path);
  return content === undefined ? undefined : parseFile(path, listeningFile, content).port;
}

export async function writeListeningPort(folder: string, port: number): Promise<void> {
  await writeFileDurably(rcPaths(folder).listening, `${JSON.stringify({ port })}\n`);
}

async function readIfThere(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readWholeFile(path);
  } catch (error) {
    if (error instanceof FileMissingError) return undefined;
    throw error;
  }
}

function parseFile<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  content: Uint8Array,
): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(fromUtf8(content)));
  } catch (cause) {
    throw new RcFolderError(
      `${path} is not what was written there: check --data, or restore it from a backup`,
      { cause },
    );
  }
}
