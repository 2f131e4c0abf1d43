import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  askControl,
  ControlError,
  type ControlHandlers,
  ControlRefusedError,
  NotServingError,
  serveControl,
} from '../../runtime/control-socket.ts';
import { CardeaError } from '../../runtime/errors.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

class BusyError extends CardeaError {
  readonly code = 'busy';
}

const handlers: ControlHandlers = {
  status: () => ({ sessions: 3 }),
  echo: async (params) => params,
  refuse: () => {
    throw new BusyError('a backup is running: ask again later');
  },
  fail: () => {
    throw new TypeError('with a secret in it');
  },
  hang: () => new Promise(() => {}),
};

async function serve(folder = temporaryFolder()) {
  const server = await serveControl(folder, handlers);
  onTestFinished(() => server.close());
  return { folder, server, path: join(folder, 'control.sock') };
}

/** Sends raw bytes, and gives all that comes back until the service closes. */
function sendRaw(path: string, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(path);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data;
    });
    socket.on('close', () => resolve(received));
    socket.end(bytes);
  });
}

describe('the control socket', () => {
  it('is for its owner alone, and gone after close', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const { path, server } = await serve(folder);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await server.close();
    expect(existsSync(path)).toBe(false);
  });

  it('answers what it is asked', async () => {
    const { folder } = await serve();
    expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
    const params = { text: 'two\nlines', list: [1, null, true] };
    expect(await askControl(folder, { method: 'echo', params })).toEqual(params);
  });

  it('carries answers larger than any buffer', async () => {
    const { folder } = await serve();
    const large = Array.from({ length: 60 }, () => 'x'.repeat(1_000));
    expect(await askControl(folder, { method: 'echo', params: large })).toEqual(large);
  });

  it('answers several requests of a connection in order', async () => {
    const { path } = await serve();
    const requests = [1, 2, 3].map((params) => `${JSON.stringify({ method: 'echo', params })}\n`);
    expect(await sendRaw(path, requests.join(''))).toBe('{"result":1}\n{"result":2}\n{"result":3}\n');
  });

  it('passes on a refusal with its code, and keeps an inner failure to itself', async () => {
    const { folder } = await serve();
    const refused = askControl(folder, { method: 'refuse' });
    await expect(refused).rejects.toThrow(ControlRefusedError);
    await expect(refused).rejects.toMatchObject({
      reason: 'busy',
      message: 'a backup is running: ask again later',
    });
    await expect(askControl(folder, { method: 'fail' })).rejects.toMatchObject({
      reason: 'internal',
      message: 'the service failed to do it: look at its log',
    });
    expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
  });

  it.each(['nothing', 'toString', '__proto__', ''])('refuses the unknown method %j', async (method) => {
    const { folder } = await serve();
    await expect(askControl(folder, { method })).rejects.toMatchObject({ reason: 'method-unknown' });
  });

  it.each(['\n', 'x\n', '[]\n', '{"method": 1, "params": null}\n', '\xff\n'])(
    'answers malformed bytes %j and goes on',
    async (bytes) => {
      const { path, folder } = await serve();
      expect(JSON.parse(await sendRaw(path, bytes))).toMatchObject({ error: { code: 'malformed' } });
      expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
    },
  );

  it('refuses a request that is too large, at both ends', async () => {
    const { path, folder } = await serve();
    const large = 'x'.repeat(64 * 1024);
    await expect(askControl(folder, { method: 'echo', params: large })).rejects.toThrow('ask for less');
    expect(await sendRaw(path, large.repeat(4))).toMatch(/^(?:|\{"error":\{"code":"line-too-long".*\n)$/);
    expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
  });

  it('close settles those who wait', async () => {
    const { folder, server, path } = await serve();
    const waiting = askControl(folder, { method: 'hang' });
    const failed = expect(waiting).rejects.toThrow(ControlError);
    expect(await sendRaw(path, '')).toBe('');
    await server.close();
    await failed;
  });
});

describe('askControl', () => {
  it('says how to start the service where none runs', async () => {
    const folder = temporaryFolder();
    const asked = askControl(folder, { method: 'status' }, { startWith: 'cardea-hub serve' });
    await expect(asked).rejects.toThrow(NotServingError);
    await expect(asked).rejects.toThrow('start it with "cardea-hub serve"');
  });

  it('gives up on a service that does not answer, when the clock says so', async () => {
    const clock = new SimulatedClock();
    const { folder } = await serve();
    const asked = askControl(folder, { method: 'hang' }, { clock, timeoutMs: 500 });
    await expect(clock.advanceUntil(asked)).rejects.toThrow('does not answer');
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves no timer behind', async () => {
    const clock = new SimulatedClock();
    const { folder } = await serve();
    await askControl(folder, { method: 'status' }, { clock });
    expect(clock.pendingTimers).toBe(0);
  });

  it('says that a path is too long for a socket', async () => {
    const folder = join(temporaryFolder(), 'x'.repeat(100));
    mkdirSync(folder);
    await expect(askControl(folder, { method: 'status' })).rejects.toThrow('too long for a socket');
    await expect(serveControl(folder, handlers)).rejects.toThrow('too long for a socket');
  });
});

describe('one service a folder', () => {
  it('a second one is refused, and the first goes on', async () => {
    const { folder } = await serve();
    await expect(serveControl(folder, handlers)).rejects.toThrow('another process serves');
    expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
  });

  it('the socket that a killed process left is replaced', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'control.sock');
    const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    await new Promise((resolve) => spawn(process.execPath, ['-e', script]).once('exit', resolve));
    expect(existsSync(path)).toBe(true);
    await expect(askControl(folder, { method: 'status' })).rejects.toThrow(NotServingError);
    await serve(folder);
    expect(await askControl(folder, { method: 'status' })).toEqual({ sessions: 3 });
  });

  it('says that it cannot be made where there is no folder', async () => {
    await expect(serveControl(join(temporaryFolder(), 'nowhere'), handlers)).rejects.toThrow(ControlError);
  });
});
