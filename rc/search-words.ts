/** Letters that Unicode takes apart no further, as people type them who have no key for them. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
};

/** Letters that some write as two: Müller is Mueller where there is no key for it, and in passports. */
const AS_TWO: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue', å: 'aa', ø: 'oe' };

const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;
const APOSTROPHES = /['’ʼ`]/g;
/** Anne-Marie is looked for as annemarie, too. */
const HYPHENS = /[-‐‑]/g;
/** More are passed over: nobody types them. */
const QUERY_WORDS_MAX = 8;

/**
 * Text without what two people may type differently: case, accents, compatibility forms. The vowel signs of
 * scripts that have such stay: only marks that any script uses (Script=Inherited) go.
 */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Script=Inherited}/gu, '')
    .toLowerCase()
    .replace(/[ßæœøłđðħþıς]/g, (letter) => PLAIN[letter] ?? letter)
    .normalize('NFC');
}

/** A record number as two are compared: its letters and digits. Empty where it has none. */
export function foldRecord(record: string): string {
  return fold(record).split(BETWEEN_WORDS).join('');
}

/** By what words a patient is found: of the name, however it is spelt, and of the record number, one word besides. */
export function indexedWords(patient: { readonly name: string; readonly record: string | null }): string[] {
  const record = patient.record ?? '';
  // O'Brien is looked for as obrien and as brien.
  const names = [patient.name, patient.name.replace(APOSTROPHES, ''), patient.name.replace(HYPHENS, '')];
  const texts = [...names, ...names.map(asTwo), record];
  const words = texts.flatMap((text) => fold(text).split(BETWEEN_WORDS));
  return [...new Set([...words, foldRecord(record)])].filter((word) => word !== '');
}

/**
 * The words of a search, each the beginning of one that the patient must have; where a word may be spelt in two ways,
 * of one of both.
 */
export function searchedWords(text: string): string[][] {
  const words = text.replace(APOSTROPHES, '').normalize('NFC').split(BETWEEN_WORDS);
  const spelt = words.map((word) => [...new Set([fold(word), fold(asTwo(word))])]);
  const each = new Map(spelt.map((ways) => [ways.join(' '), ways]));
  return [...each.values()].filter(([first]) => first !== '').slice(0, QUERY_WORDS_MAX);
}

function asTwo(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[äöüåø]/g, (letter) => AS_TWO[letter] ?? letter);
}
