import { toHex } from '../../../protocol/bytes.ts';
import type { SeededRandom } from '../../soak/seeded-random.ts';

/** A parser of what comes from outside, and what is known of it. */
export interface Fuzzed {
  readonly name: string;
  /** Well-formed inputs, from which half of the inputs are made by mutation. */
  readonly samples: readonly Uint8Array[];
  /**
   * Takes an input.
   * @returns what it means, written again as bytes: the same bytes where the format is strict; undefined where
   *   the parser takes any input (a deframer skips what is no frame)
   * @throws an error with a `code`: refused
   */
  parse(input: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Accepts several writings of the same thing (JSON, text for people): what it gives is not compared. */
  readonly lenient?: true;
}

/** What came of an input that should not have. */
export class FuzzFoundError extends Error {}

export interface FuzzCounts {
  refused: number;
  accepted: number;
}

/**
 * Puts `count` inputs to a parser: half of them random, half mutations of well-formed ones.
 * @throws FuzzFoundError with the input, for a crash (an error without a `code`) or for bytes that were taken for
 *   something else than what they say
 */
export async function fuzz(
  parser: Fuzzed,
  { count, random }: { readonly count: number; readonly random: SeededRandom },
): Promise<FuzzCounts> {
  const counts: FuzzCounts = { refused: 0, accepted: 0 };
  for (let n = 0; n < count; n++) {
    const input = n % 2 === 0 ? randomBytes(random) : mutate(random.oneOf(parser.samples), random);
    const answer = await put(parser, input);
    if (answer === 'refused') counts.refused++;
    else {
      counts.accepted++;
      if (parser.lenient !== true && answer !== undefined && toHex(answer) !== toHex(input)) {
        throw new FuzzFoundError(`${parser.name} took ${toHex(input)} for ${toHex(answer)}`);
      }
    }
  }
  return counts;
}

async function put(parser: Fuzzed, input: Uint8Array): Promise<Uint8Array | undefined | 'refused'> {
  try {
    return await parser.parse(input.slice());
  } catch (error) {
    if (error instanceof Error && 'code' in error && typeof error.code === 'string') return 'refused';
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new FuzzFoundError(`${parser.name} crashed on ${toHex(input)}: ${what}`, { cause: error });
  }
}

const LENGTHS = [0, 1, 2, 3, 8, 31, 32, 33, 64, 97, 98, 99, 215, 216, 255, 256, 300] as const;

function randomBytes(random: SeededRandom): Uint8Array {
  return Uint8Array.from({ length: random.oneOf(LENGTHS) }, () => random.between(0, 255));
}

/** One to three changes: a bit, a byte, a cut, bytes put in, a piece doubled, a length field at its limits. */
function mutate(sample: Uint8Array, random: SeededRandom): Uint8Array {
  let bytes: Uint8Array = sample;
  for (let times = random.between(1, 3); times > 0; times--) bytes = mutateOnce(bytes, random);
  return bytes;
}

function mutateOnce(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.between(0, Math.max(0, bytes.length - 1));
  switch (random.between(0, 6)) {
    case 0:
      return bytes.map((byte, place) => (place === at ? byte ^ (1 << random.between(0, 7)) : byte));
    case 1:
      return bytes.map((byte, place) => (place === at ? random.between(0, 255) : byte));
    case 2:
      return bytes.slice(0, at);
    case 3:
      return bytes.slice(at);
    case 4:
      return joined(bytes.slice(0, at), randomBytes(random), bytes.slice(at));
    case 5:
      return joined(bytes.slice(0, at), bytes.slice(Math.max(0, at - 8)));
    default:
      return bytes.map((byte, place) => (place === at ? random.oneOf([0x00, 0x7f, 0x80, 0xff]) : byte));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
