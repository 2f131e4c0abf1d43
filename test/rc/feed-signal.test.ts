import { describe, expect, it } from 'vitest';
import { FeedSignal } from '../../rc/feed-signal.ts';
import { SimulatedClock } from '../../runtime/simulated-clock.ts';

function fixture() {
  const clock = new SimulatedClock();
  const signal = new FeedSignal(clock);
  const gone = new AbortController();
  const outcome = { settled: false };
  const wait = (moment: number, ms = 1_000) => {
    const waiting = signal.wait(moment, ms, gone.signal);
    void waiting.then(() => {
      outcome.settled = true;
    });
    return waiting;
  };
  return { clock, signal, gone, outcome, wait };
}

describe('waiting for the feed', () => {
  it('ends with the next change', async () => {
    const { clock, signal, outcome, wait } = fixture();
    const waiting = wait(signal.moment);
    await clock.advance(999);
    expect(outcome.settled).toBe(false);
    signal.announce();
    await waiting;
    expect(clock.pendingTimers).toBe(0);
  });

  it('does not begin when a change came after the feed was read', async () => {
    const { signal, wait } = fixture();
    const { moment } = signal;
    signal.announce();
    await wait(moment);
  });

  it('ends when its time is over, when the hub has gone, and when the centre closes', async () => {
    const over = fixture();
    const timedOut = over.wait(over.signal.moment);
    await over.clock.advance(1_000);
    await timedOut;

    const left = fixture();
    const hungUp = left.wait(left.signal.moment);
    left.gone.abort();
    await hungUp;
    await left.wait(left.signal.moment);
    expect(left.clock.pendingTimers).toBe(0);

    const ended = fixture();
    const closed = ended.wait(ended.signal.moment);
    ended.signal.close();
    await closed;
    await ended.wait(ended.signal.moment);
    expect(ended.clock.pendingTimers).toBe(0);
  });
});
