import { join } from 'node:path';
import { z } from 'zod';
import { der, hostPort, memberId, time } from '../protocol/rc-api/fields.ts';
import { hubEntry } from '../protocol/rc-api/join.ts';
import { FileMissingError, readWholeFile, writeFileDurably } from '../runtime/files.ts';
import { TerminalSetupError } from './errors.ts';

const networkRecord = z.object({
  terminalId: memberId,
  rc: hostPort,
  authorities: z.array(der).min(1),
  hubs: z.array(hubEntry),
});
/** The network that a terminal has joined: who it is there, where the RC is, and the hubs as last heard. */
export type NetworkRecord = z.infer<typeof networkRecord>;

const loginRecord = z.object({ latestNotBefore: time });

/** A terminal's own folder: what it knows of its network. */
export class NetworkFiles {
  readonly #network: string;
  readonly #logins: string;

  constructor(folder: string) {
    this.#network = join(folder, 'network.json');
    this.#logins = join(folder, 'logins.json');
  }

  /** Undefined for a terminal that has not joined. @throws TerminalSetupError when the file makes no sense */
  async network(): Promise<NetworkRecord | undefined> {
    return await this.#read(this.#network, networkRecord, 'join the network anew, in a new folder');
  }

  async keepNetwork(record: NetworkRecord): Promise<void> {
    await writeFileDurably(this.#network, `${JSON.stringify(record, null, 2)}\n`);
  }

  /**
   * The latest `notBefore` of a hub certificate with which a login succeeded, 0 before the first: it is
   * never earlier than that, whatever a Pi's clock says when it wakes (PROTOCOL 2.5).
   */
  async latestNotBefore(): Promise<number> {
    const record = await this.#read(this.#logins, loginRecord, 'remove it');
    return record?.latestNotBefore ?? 0;
  }

  async keepLatestNotBefore(latestNotBefore: number): Promise<void> {
    await writeFileDurably(this.#logins, `${JSON.stringify({ latestNotBefore })}\n`);
  }

  async #read<T>(path: string, schema: z.ZodType<T>, remedy: string): Promise<T | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await readWholeFile(path);
    } catch (error) {
      if (error instanceof FileMissingError) return undefined;
      throw error;
    }
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      throw new TerminalSetupError(`${path} is not what this program wrote there: ${remedy}`, { cause });
    }
  }
}
