import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { decodeHello } from '../../protocol/hello.ts';
import type { Challenge } from '../../protocol/login/messages.ts';
import type { PinAttempt } from '../../protocol/pin-attempt.ts';
import { parseAddress } from '../../runtime/address.ts';
import type { Address } from '../../runtime/network.ts';
import { withFileSizeLimit } from '../support/file-size-limit.ts';
import { compiled } from '../support/programs.ts';
import { surroundings } from './network.ts';
import { TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

/** A run of `cardea-hub` in a process of its own. */
export interface HubCommand {
  readonly child: ChildProcess;
  /** Everything it wrote to standard error. */
  readonly errors: string[];
  /** Lines of its standard output. */
  readonly lines: AsyncIterator<string>;
}

export function runHub(...words: readonly string[]): HubCommand {
  return run([process.execPath, compiled('hub/main'), ...words]);
}

function run([command = '', ...args]: readonly string[]): HubCommand {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return { child, errors, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

/** Waits for its end, and gives its exit code, the first line of its output, and its errors. */
export async function finished({ child, errors, lines }: HubCommand) {
  const { value } = await lines.next();
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, output: value as string | undefined, errors: errors.join('') };
}

/** `cardea-hub serve` on any port. */
export function startServing(
  folder: string,
  ...words: readonly string[]
): Promise<{ readonly hub: HubCommand; readonly address: Address }> {
  return begun(run(serveLine(folder, words)));
}

/** The same, on a disk on which no file grows beyond `fileSizeKib`. */
export function startServingOnDisk(
  folder: string,
  { fileSizeKib }: { readonly fileSizeKib: number },
  ...words: readonly string[]
): Promise<{ readonly hub: HubCommand; readonly address: Address }> {
  return begun(run(withFileSizeLimit(fileSizeKib, serveLine(folder, words))));
}

function serveLine(folder: string, words: readonly string[]): string[] {
  const places = ['--data', folder, '--listen', '127.0.0.1:0'];
  const health = words.includes('--health') ? [] : ['--health', 'off'];
  const line = ['serve', ...places, ...health, '--json', '--log-level', 'warn', ...words];
  return [process.execPath, compiled('hub/main'), ...line];
}

async function begun(hub: HubCommand) {
  const { value } = await hub.lines.next();
  if (value === undefined) throw new Error(`the hub did not start: ${hub.errors.join('')}`);
  return { hub, address: parseAddress(JSON.parse(String(value)).address) };
}

/** A LOGIN, as far as its CHALLENGE. @throws HubSaidError, Error where the connection breaks */
export async function challengeAt(
  address: Address,
  { image }: Issued,
  attempt: PinAttempt,
): Promise<{ readonly device: TestDevice; readonly challenge: Challenge }> {
  const device = await TestDevice.connect(surroundings.network, address);
  try {
    await device.hello();
    const { certificates } = decodeHello(device.helloBody);
    const { hubStatic } = verifyHubChain(certificates, { now: Date.now(), caPin: image.caPin });
    const { uid, pinVersion } = image;
    device.send(device.loginBody(hubStatic, { uid, pinVersion, blinded: attempt.blinded }));
    return { device, challenge: await device.challenge() };
  } catch (cause) {
    device.close();
    throw cause;
  }
}

/** The same, once the hub takes logins: it may have to read its lists first. */
export async function challengeSoon(
  address: Address,
  card: Issued,
  attempt: PinAttempt,
): Promise<{ readonly device: TestDevice; readonly challenge: Challenge }> {
  for (;;) {
    try {
      return await challengeAt(address, card, attempt);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

/** The processes that a process has started. */
export async function childrenOf(pid: number | undefined): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return children.trim().split(' ').map(Number);
}
