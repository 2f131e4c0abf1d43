import { COMMON_DIGITS, COMMON_WORDS, KEYBOARD_ROWS } from './common-pins.ts';
import { ProtocolError } from './errors.ts';

/** Why a PIN is guessed before others. */
export type PinWeakness = 'repeated' | 'run' | 'birth-date' | 'personal' | 'common';

/** What is known of the patient where the PIN is chosen: at the registration centre's desk, not at a terminal. */
export interface PatientFacts {
  readonly name?: string | undefined;
  readonly record?: string | undefined;
  /** `YYYY-MM-DD`. */
  readonly born?: string | undefined;
}

const WEAKNESSES: Readonly<Record<PinWeakness, string>> = {
  repeated: 'it repeats itself',
  run: 'its characters follow each other in a row',
  'birth-date': 'it is made of the date of birth',
  personal: 'it is made of the name or the record number',
  common: 'it is one that many people choose',
};

/** A PIN that is one, and that a thief tries first; nothing was tried with it. */
export class WeakPinError extends ProtocolError {
  readonly code = 'pin-weak';
  readonly weakness: PinWeakness;

  constructor(weakness: PinWeakness) {
    super(`this PIN is too easy to guess: ${WEAKNESSES[weakness]}; choose another`);
    this.weakness = weakness;
  }
}

const DIGITS = /^[0-9]+$/;
/** A passphrase with so many characters beside its digits is judged by these alone, else by its digits, too. */
const FEW_LETTERS = 3;
/** What is left of a passphrase without names and digits must have as many characters, else it hangs on them. */
const OWN_CHARACTERS = 5;

/**
 * Refuses what is guessed first (PROTOCOL 2.3: policy may ask for more). A card's five tries, and the ten of all
 * hubs together, protect a PIN that is chosen at random, not one of a thief's first ten.
 *
 * @param text a PIN that `parsePin` takes
 * @throws WeakPinError
 */
export function checkPinStrength(text: string, patient: PatientFacts = {}): void {
  const weakness = weaknessOf(text.normalize('NFC'), patient);
  if (weakness !== undefined) throw new WeakPinError(weakness);
}

function weaknessOf(pin: string, patient: PatientFacts): PinWeakness | undefined {
  return DIGITS.test(pin) ? weaknessOfDigits(pin, patient) : weaknessOfPassphrase(pin, patient);
}

function weaknessOfDigits(pin: string, { born, record }: PatientFacts): PinWeakness | undefined {
  if (isRepeated(pin, 3)) return 'repeated';
  if (isDigitRun(pin)) return 'run';
  if (born !== undefined && isBirthDate(pin, born)) return 'birth-date';
  const recordDigits = digitsOf(record ?? '');
  if (recordDigits.length >= 4 && (pin.includes(recordDigits) || recordDigits.includes(pin)))
    return 'personal';
  return COMMON_DIGITS.has(pin) ? 'common' : undefined;
}

function weaknessOfPassphrase(pin: string, patient: PatientFacts): PinWeakness | undefined {
  const folded = fold(pin);
  const compact = folded.replace(/[\s\p{P}\p{S}]/gu, '');
  if (isRepeated(folded, 4) || isRepeated(compact, 4)) return 'repeated';
  const digits = digitsOf(compact);
  const hangsOnDigits = [...compact].length - digits.length < FEW_LETTERS;
  if (hangsOnDigits) {
    const weakness = digits.length < 6 ? 'common' : weaknessOfDigits(digits, patient);
    if (weakness !== undefined) return weakness;
  }
  if (isTypedInARow(compact)) return 'run';
  const letters = lettersOf(compact);
  if (isPersonal(letters, patient)) return 'personal';
  return COMMON_WORDS.has(letters) || COMMON_WORDS.has(lettersOf(withoutLeet(compact)))
    ? 'common'
    : undefined;
}

/** One part again and again, or hardly any different characters. */
function isRepeated(text: string, differentAtLeast: number): boolean {
  const characters = [...text];
  if (new Set(characters).size < differentAtLeast) return true;
  for (let period = 1; 2 * period <= characters.length; period++) {
    if (characters.every((character, index) => character === characters[index % period])) return true;
  }
  return false;
}

/** Each digit the same step from the one before, around the corner from 9 to 0, too; there and back; each twice. */
function isDigitRun(digits: string): boolean {
  const half = digits.slice(0, Math.ceil(digits.length / 2));
  const isMirrored = digits === [...digits].reverse().join('');
  const isDoubled = /^(?:(\d)\1)+$/.test(digits);
  return (
    isEvenStep(digits) ||
    (isMirrored && isEvenStep(half)) ||
    (isDoubled && isEvenStep(digits.replace(/(\d)\1/g, '$1')))
  );
}

function isEvenStep(digits: string): boolean {
  const steps = [...digits].slice(1).map((digit, index) => (Number(digit) - Number(digits[index]) + 10) % 10);
  return steps.length > 1 && steps.every((step) => step === steps[0]);
}

/** The date in any order, with two or four digits of the year, alone or with something before or behind it. */
function isBirthDate(pin: string, born: string): boolean {
  const [year = '', month = '', day = ''] = born.split('-');
  const short = year.slice(-2);
  const orders = (of: string) => [
    day + month + of,
    month + day + of,
    of + month + day,
    of + day + month,
    day + of + month,
    month + of + day,
  ];
  const bare = [day, month].map((part) => part.replace(/^0/, ''));
  const loose = [`${bare.join('')}${year}`, `${[...bare].reverse().join('')}${year}`];
  const yearTwice = [year + short, short + year];
  return [...orders(short), ...orders(year), ...loose, ...yearTwice].some((date) => pin.includes(date));
}

/** In the alphabet's or the keyboard's order, forwards or backwards. */
function isTypedInARow(compact: string): boolean {
  if (compact.length < 6) return false;
  const backwards = [...compact].reverse().join('');
  return KEYBOARD_ROWS.some((row) => row.includes(compact) || row.includes(backwards));
}

/** Whether hardly more than the patient's name is in it. */
function isPersonal(letters: string, { name = '', record = '' }: PatientFacts): boolean {
  const known = [...fold(name).split(/[^\p{L}\p{M}\p{N}]+/u), lettersOf(fold(record))].filter(
    (word) => word.length >= 3,
  );
  const rest = known
    .sort((a, b) => b.length - a.length)
    .reduce((left, word) => left.replaceAll(word, ''), letters);
  return rest.length < letters.length && rest.length < OWN_CHARACTERS;
}

function fold(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

const LEET: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' };

/** `p4ssw0rd` is no better than the word; the digits behind a word are no part of it. */
function withoutLeet(compact: string): string {
  return compact.replace(/\d+$/, '').replace(/[013457]/g, (digit) => LEET[digit] ?? digit);
}

function digitsOf(text: string): string {
  return text.replace(/[^0-9]/g, '');
}

function lettersOf(text: string): string {
  return text.replace(/[^\p{L}]/gu, '');
}
