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

const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;
const APOSTROPHES = /['’ʼ`]/g;
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

/** By what words a patient is found: of the name, and of the record number, which is one word besides. */
export function indexedWords(patient: { readonly name: string; readonly record: string | null }): string[] {
  const record = patient.record ?? '';
  // O'Brien is looked for as obrien and as brien.
  const texts = [patient.name, patient.name.replace(APOSTROPHES, ''), record];
  const words = texts.flatMap((text) => fold(text).split(BETWEEN_WORDS));
  return [...new Set([...words, foldRecord(record)])].filter((word) => word !== '');
}

/** The words of a search, each the beginning of one that the patient must have. */
export function searchedWords(text: string): string[] {
  const words = fold(text.replace(APOSTROPHES, '')).split(BETWEEN_WORDS);
  return [...new Set(words)].filter((word) => word !== '').slice(0, QUERY_WORDS_MAX);
}
