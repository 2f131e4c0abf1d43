import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { verifyHubChain } from '../../certs/hub-chain.ts';
import { decodeHello } from '../../protocol/hello.ts';
import { STATUS } from '../../protocol/login/messages.ts';
import { parseAddress } from '../../runtime/address.ts';
import type { Address } from '../../runtime/network.ts';
import { temporaryFolder } from '../runtime/temporary-folder.ts';
import { compiled } from '../support/programs.ts';
import { openNetwork, surroundings } from './network.ts';
import { attemptOf, TestDevice } from './test-device.ts';
import type { Issued } from './test-rc.ts';

const PIN = '246810';

interface Process {
  readonly child: ChildProcess;
  /** Everything it wrote to standard error. */
  readonly errors: string[];
  /** Lines of its standard output. */
  readonly lines: AsyncIterator<string>;
}

function run(...words: readonly string[]): Process {
  const child = spawn(process.execPath, [compiled('hub/main'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  return { child, errors, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function finish({ child, errors, lines }: Process) {
  const { value } = await lines.next();
  if (child.exitCode === null) await once(child, 'exit');
  return { code: child.exitCode, output: value as string | undefined, errors: errors.join('') };
}

async function startServe(folder: string): Promise<{ readonly hub: Process; readonly address: Address }> {
  const hub = run('serve', '--data', folder, '--listen', '127.0.0.1:0', '--json', '--log-level', 'warn');
  const { value } = await hub.lines.next();
  return { hub, address: parseAddress(JSON.parse(String(value)).address) };
}

/** Waits until the hub takes logins, and takes a try. */
async function takeTry(address: Address, { image }: Issued) {
  for (;;) {
    const device = await TestDevice.connect(surroundings.network, address);
    try {
      await device.hello();
      const { certificates } = decodeHello(device.helloBody);
      const { hubStatic } = verifyHubChain(certificates, { now: Date.now(), caPin: image.caPin });
      const { uid, pinVersion } = image;
      const { blinded } = attemptOf('000000');
      device.send(device.loginBody(hubStatic, { uid, pinVersion, blinded }));
      const challenge = await device.challenge();
      return { device, challenge };
    } catch {
      // Its lists are not read yet.
      device.close();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

describe('cardea-hub serve, killed at once after an answer', () => {
  it('has every acknowledged try after the restart, and the last one locks', async () => {
    const network = await openNetwork();
    const card = await network.register(PIN);
    const answers: [status: number, attemptsLeft: number][] = [];
    for (let round = 0; round < 6; round++) {
      const { hub, address } = await startServe(network.hubFolder);
      const { device, challenge } = await takeTry(address, card);
      hub.child.kill('SIGKILL');
      await once(hub.child, 'exit');
      device.close();
      answers.push([challenge.status, challenge.attemptsLeft]);
    }
    const { goOn, locked } = STATUS;
    expect(answers).toEqual([
      [goOn, 4],
      [goOn, 3],
      [goOn, 2],
      [goOn, 1],
      [goOn, 0],
      [locked, 0],
    ]);
  }, 120_000);
});

describe('cardea-hub', () => {
  it('tells its status while it serves, stops in order on SIGTERM, and then says who must serve', async () => {
    const { hubFolder } = await openNetwork();
    const { hub, address } = await startServe(hubFolder);
    const status = await finish(run('status', '--data', hubFolder, '--json'));
    expect(status.code).toBe(0);
    expect(JSON.parse(status.output ?? '')).toMatchObject({
      id: 'hub-1',
      address: `127.0.0.1:${address.port}`,
    });
    const second = await finish(run('serve', '--data', hubFolder, '--listen', '127.0.0.1:0'));
    expect(second).toMatchObject({ code: 1, output: undefined });
    expect(second.errors).toMatch(/^cardea-hub: .*in use by cardea-hub serve \(process \d+\).*\n$/);
    hub.child.kill('SIGTERM');
    await once(hub.child, 'exit');
    expect([hub.child.exitCode, hub.errors.join('')]).toEqual([0, '']);
    const after = await finish(run('status', '--data', hubFolder));
    expect(after.code).toBe(1);
    expect(after.errors).toContain('start it with "cardea-hub serve"');
  }, 60_000);

  it('says in one line what is wrong, and exits as it should', async () => {
    const folder = temporaryFolder();
    const [nothing, usage, token] = await Promise.all([
      finish(run('serve', '--data', folder)),
      finish(run('serve', '--validity-seconds', 'long', '--data', folder)),
      finish(run('join', 'cardea-join-nonsense', '--data', folder)),
    ]);
    expect(nothing).toMatchObject({ code: 1, output: undefined });
    expect(nothing.errors).toMatch(/^cardea-hub: no hub has joined.*"cardea-hub join".*\n$/);
    expect(usage.code).toBe(2);
    expect(token.code).toBe(1);
    expect(token.errors).toMatch(/^cardea-hub: the join string.*\n$/);
  }, 60_000);
});
