import type { Sign } from './panel.ts';

export type Colour = 'off' | 'white' | 'blue' | 'green' | 'amber' | 'red';

/** Red, green and blue, 0 to 255 each. White is all lights. */
export const COLOURS: Readonly<Record<Colour, readonly [number, number, number]>> = {
  off: [0, 0, 0],
  white: [255, 255, 255],
  blue: [0, 0, 255],
  green: [0, 255, 0],
  amber: [255, 90, 0],
  red: [255, 0, 0],
};

export type Pitch = 'high' | 'low';

/**
 * In hertz. johnny-five makes a tone by one message of three bytes for each half of its period: 784 Hz
 * take four fifths of a line of 57,600 baud, and nothing higher fits with room for the rest.
 */
export const PITCHES: Readonly<Record<Pitch, number>> = { high: 784, low: 262 };

export interface Note {
  readonly pitch: Pitch | 'rest';
  readonly milliseconds: number;
}

/** A light that is on, then off, for ever; never more than three times a second (WCAG 2.3.1). */
export interface Blink {
  readonly onMs: number;
  readonly offMs: number;
}

export interface SignPattern {
  readonly colour: Colour;
  /** Absent: steady. */
  readonly blink?: Blink;
  /** Played once. */
  readonly sound: readonly Note[];
}

const SHORT_MS = 150;
const GAP: Note = { pitch: 'rest', milliseconds: 100 };

function short(pitch: Pitch): Note {
  return { pitch, milliseconds: SHORT_MS };
}

/**
 * Light and sound of each sign (USERS, feedback). Rhythm and sound alone tell any two signs apart: whoever
 * sees no colours misses nothing, and the words come on top.
 */
export const SIGN_PATTERNS: Readonly<Record<Sign, SignPattern>> = {
  idle: { colour: 'blue', blink: { onMs: 1_000, offMs: 1_000 }, sound: [] },
  reading: { colour: 'blue', sound: [] },
  'take-card': { colour: 'white', sound: [{ pitch: 'high', milliseconds: 800 }] },
  attention: {
    colour: 'amber',
    blink: { onMs: 250, offMs: 250 },
    sound: [short('high'), GAP, short('high')],
  },
  working: { colour: 'amber', blink: { onMs: 900, offMs: 100 }, sound: [] },
  welcome: { colour: 'green', sound: [short('low'), short('high')] },
  refused: { colour: 'red', sound: [short('low'), GAP, short('low')] },
  'out-of-order': { colour: 'red', blink: { onMs: 200, offMs: 1_800 }, sound: [] },
};

/** The wait for a key is about to end. */
export const WARNING_PATTERN: SignPattern = SIGN_PATTERNS.attention;

/** A touched key has no feel of its own: this is what tells that it was taken. The same for all keys. */
export const KEY_TAKEN: readonly Note[] = [{ pitch: 'high', milliseconds: 30 }];
/** A key that does nothing here. */
export const KEY_REFUSED: readonly Note[] = [short('low')];

/** What the light shows `elapsedMs` after the pattern began, and for how much longer; no end when steady. */
export function lightAt(
  { colour, blink }: SignPattern,
  elapsedMs: number,
): { readonly colour: Colour; readonly forMs?: number } {
  if (blink === undefined) return { colour };
  const into = elapsedMs % (blink.onMs + blink.offMs);
  return into < blink.onMs
    ? { colour, forMs: blink.onMs - into }
    : { colour: 'off', forMs: blink.onMs + blink.offMs - into };
}
