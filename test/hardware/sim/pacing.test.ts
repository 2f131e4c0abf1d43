import { describe, expect, it } from 'vitest';
import { freshSmartCard, freshTag, startedBench } from './host.ts';

/** How long, by the clock of a paced chip, a command takes from its first byte to its reply's last; ms. */
async function duration(command: string, { baud = 115_200, smart = false, empty = false } = {}) {
  const { clock, host, chip, field } = startedBench({ paced: true });
  const ask = async (data: string) => {
    host.command(data);
    while (host.response() === null) await clock.advance(0.01);
  };
  await clock.advance(20);
  host.heard();
  if (!empty) field.put(smart ? freshSmartCard().card : freshTag('NTAG216').tag);
  if (!empty) await ask('4a 01 00');
  if (smart) await ask('40 01 00a4040007f0434152444541');
  if (baud === 921_600) {
    await ask('10 07');
    host.send('0000ff00ff00');
    await clock.advance(1);
  }
  const before = clock.monotonic();
  let last = before;
  const heard: number[] = [];
  chip.onBytes((sent) => {
    heard.push(...sent);
    last = clock.monotonic();
  });
  host.command(command);
  await clock.advance(500);
  expect(heard.length).toBeGreaterThan(6);
  return last - before;
}

describe('a paced line and field take the time that HARDWARE 6 computes', () => {
  it.each([
    ['READ', '40 01 30 04', 5.83],
    ['FAST_READ of 15 pages', '42 3a 04 12', 13.5],
    ['FAST_READ of 60 pages', '42 3a 04 3f', 44.4],
    ['WRITE, with its programming', '40 01 a2 04 00000000', 7.73],
  ])('%s', async (_, command, ms) => {
    expect(await duration(command)).toBeCloseTo(ms, 1);
  });

  it('READ at 921,600 baud', async () => {
    expect(await duration('40 01 30 04', { baud: 921_600 })).toBeCloseTo(2.49, 1);
  });

  it('READ BINARY of 240 bytes', async () => {
    const ms = await duration('40 01 00b00000f0', { smart: true });
    expect(ms).toBeGreaterThan(47);
    expect(ms).toBeLessThan(51);
  });

  it('looking for a card that is not there, three times 51.2 ms', async () => {
    expect(await duration('4a 01 00', { empty: true })).toBeCloseTo(3 * 51.2 + 27 * 0.0868, 1);
  });
});

describe('a paced chip', () => {
  it('gives no reply to a command that is given up while the card is asked', async () => {
    const { clock, host, field } = startedBench({ paced: true });
    await clock.advance(100);
    field.put(freshTag().tag);
    host.command('4a 01 00');
    await clock.advance(3);
    expect(host.heard()).not.toBe('');
    host.send('0000ff00ff00');
    await clock.advance(500);
    expect(host.heard()).toBe('');
  });
});
