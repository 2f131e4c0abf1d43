/** The secrets that are tried: a hundred of the million PINs of six digits, the right one among them. */
export const SPACE: readonly string[] = Array.from(
  { length: 100 },
  (_, index) => `4829${String(index).padStart(2, '0')}`,
);
/** The patient's, near the end. */
export const SECRET = '482991';
const ALL_PINS = 1_000_000;

/** What came of trying every secret of {@link SPACE}. */
export interface Guessed {
  /** The one that was accepted; undefined where none was. */
  readonly found: string | undefined;
  /** How long all million PINs would take at the rate that was measured, in words. */
  readonly allOfThem: string;
}

/** Tries one secret after another. @param isRight whether what the adversary holds accepts this one */
export async function guess(isRight: (secret: string) => boolean | Promise<boolean>): Promise<Guessed> {
  const begun = performance.now();
  let tried = 0;
  let found: string | undefined;
  for (const secret of SPACE) {
    tried++;
    if (await isRight(secret)) {
      found = secret;
      break;
    }
  }
  const seconds = ((performance.now() - begun) / 1000 / tried) * ALL_PINS;
  return { found, allOfThem: inWords(seconds) };
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.ceil(seconds)} s`;
  if (seconds < 7200) return `${Math.ceil(seconds / 60)} min`;
  return `${Math.ceil(seconds / 3600)} h`;
}
