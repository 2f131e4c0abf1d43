import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { aborted, Resources, type StoppableProcess, untilStopped } from '../../runtime/stop.ts';

class FakeProcess extends EventEmitter implements StoppableProcess {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

describe('untilStopped', () => {
  it.each(['SIGTERM', 'SIGINT'])('%s aborts the signal, and waits until all is closed', async (name) => {
    const target = new FakeProcess();
    const steps: string[] = [];
    const running = untilStopped(async (signal) => {
      await aborted(signal);
      steps.push('closing');
      await Promise.resolve();
      steps.push('closed');
    }, target);
    target.emit(name);
    await running;
    expect(steps).toEqual(['closing', 'closed']);
    expect(target.exits).toEqual([]);
  });

  it('a second signal exits with 1 at once', async () => {
    const target = new FakeProcess();
    let finish = () => {};
    const running = untilStopped(
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      target,
    );
    target.emit('SIGTERM');
    expect(target.exits).toEqual([]);
    target.emit('SIGINT');
    expect(target.exits).toEqual([1]);
    finish();
    await running;
  });

  it('takes the signal’s reason as an orderly end, and nothing else', async () => {
    const target = new FakeProcess();
    const orderly = untilStopped(async (signal) => {
      await aborted(signal);
      signal.throwIfAborted();
    }, target);
    target.emit('SIGTERM');
    await orderly;
    const failing = untilStopped(async (signal) => {
      await aborted(signal);
      throw new Error('could not close');
    }, target);
    target.emit('SIGTERM');
    await expect(failing).rejects.toThrow('could not close');
  });

  it('passes on how the service ended by itself, and then listens no more', async () => {
    const target = new FakeProcess();
    await untilStopped(async () => {}, target);
    await expect(untilStopped(() => Promise.reject(new Error('no port')), target)).rejects.toThrow('no port');
    expect(target.listenerCount('SIGTERM') + target.listenerCount('SIGINT')).toBe(0);
  });

  it('aborted resolves at once for a signal that is', async () => {
    await aborted(AbortSignal.abort());
  });
});

describe('resources', () => {
  it('are closed in reverse order, each once', async () => {
    const closed: string[] = [];
    const resources = new Resources();
    const note = (name: string) => {
      closed.push(name);
    };
    expect(resources.add('store', note)).toBe('store');
    resources.add('listener', async (name) => note(name));
    await resources.close();
    await resources.close();
    expect(closed).toEqual(['listener', 'store']);
  });

  it('are closed also when one of them fails, and the first failure is told', async () => {
    const closed: string[] = [];
    const resources = new Resources();
    resources.add('a', (name) => {
      closed.push(name);
    });
    resources.add('b', () => Promise.reject(new Error('b')));
    resources.add('c', () => {
      throw new Error('c');
    });
    await expect(resources.close()).rejects.toThrow('c');
    expect(closed).toEqual(['a']);
  });
});
