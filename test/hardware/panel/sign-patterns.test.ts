import { describe, expect, it } from 'vitest';
import type { Sign } from '../../../hardware/panel/panel.ts';
import {
  COLOURS,
  KEY_REFUSED,
  KEY_TAKEN,
  lightAt,
  PITCHES,
  SIGN_PATTERNS,
  type SignPattern,
} from '../../../hardware/panel/sign-patterns.ts';

const patterns = Object.entries(SIGN_PATTERNS);

describe('the signs of a panel', () => {
  it('are told apart by rhythm and sound alone, without any colour', () => {
    const colourless = patterns.map(([, { blink, sound }]) => JSON.stringify({ blink, sound }));
    expect(new Set(colourless).size).toBe(patterns.length);
  });

  it.each(patterns)('%s never flashes more than three times a second', (_sign, { blink }) => {
    if (blink !== undefined) expect(blink.onMs + blink.offMs).toBeGreaterThanOrEqual(334);
  });

  it('blink slowly while the terminal waits', () => {
    const { blink } = SIGN_PATTERNS.idle;
    expect(blink).toBeDefined();
    expect((blink?.onMs ?? 0) + (blink?.offMs ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('are steady while the card is read', () => {
    expect(SIGN_PATTERNS.reading.blink).toBeUndefined();
  });

  it('put all lights on and sound one long high tone when the card may be taken', () => {
    const { colour, blink, sound } = SIGN_PATTERNS['take-card'];
    expect(COLOURS[colour]).toEqual([255, 255, 255]);
    expect(blink).toBeUndefined();
    expect(sound.map(({ pitch }) => pitch)).toEqual(['high']);
    expect(sound[0]?.milliseconds).toBeGreaterThanOrEqual(500);
  });

  it('are red with two short low tones at a refusal', () => {
    const { colour, sound } = SIGN_PATTERNS.refused;
    expect(COLOURS[colour]).toEqual([255, 0, 0]);
    const tones = sound.filter(({ pitch }) => pitch !== 'rest');
    expect(tones.map(({ pitch }) => pitch)).toEqual(['low', 'low']);
    for (const { milliseconds } of tones) expect(milliseconds).toBeLessThanOrEqual(200);
    expect(sound[1]?.pitch).toBe('rest');
  });

  it('sound no tone that a line of 57,600 baud cannot carry', () => {
    const bytesPerSecond = Math.max(...Object.values(PITCHES)) * 2 * 3;
    expect(bytesPerSecond).toBeLessThan(57_600 / 10);
  });

  it('answer a key that was taken and one that was not with different sounds', () => {
    expect(KEY_TAKEN).not.toEqual(KEY_REFUSED);
  });
});

describe('lightAt', () => {
  const blinking: SignPattern = { colour: 'blue', blink: { onMs: 300, offMs: 700 }, sound: [] };

  it.each([
    [0, { colour: 'blue', forMs: 300 }],
    [299, { colour: 'blue', forMs: 1 }],
    [300, { colour: 'off', forMs: 700 }],
    [999, { colour: 'off', forMs: 1 }],
    [1_000, { colour: 'blue', forMs: 300 }],
    [12_350, { colour: 'off', forMs: 650 }],
  ])('after %d ms of a blink says what shows and for how much longer', (elapsed, expected) => {
    expect(lightAt(blinking, elapsed)).toEqual(expected);
  });

  it('leaves a steady light on without an end', () => {
    const steady: Sign = 'reading';
    expect(lightAt(SIGN_PATTERNS[steady], 1_000_000)).toEqual({ colour: 'blue' });
  });
});
