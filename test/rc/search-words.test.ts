import { describe, expect, it } from 'vitest';
import { fold, foldRecord, indexedWords, searchedWords } from '../../rc/search-words.ts';

describe('folding', () => {
  it.each([
    ['MARÍA', 'maria'],
    ['Müller', 'muller'],
    ['Strauß', 'strauss'],
    ['Łukasz Ødegård', 'lukasz odegard'],
    ['Ærø', 'aero'],
    ['Nguyễn', 'nguyen'],
    ['ＭＡＲＩＡ', 'maria'],
    ['ﬁona', 'fiona'],
    ['İbrahim Işık', 'ibrahim isik'],
    ['Παπαδόπουλος', 'παπαδοπουλοσ'],
    ['Ёлкин', 'елкин'],
  ])('has %s found as %s', (text, folded) => {
    expect(fold(text)).toBe(folded);
  });

  it('keeps the vowel signs of scripts that have such', () => {
    expect(fold('आशा नाईक')).toBe('आशा नाईक');
    expect(fold('மரியா')).not.toBe(fold('மரயா'));
  });

  it('takes letters composed and decomposed for the same', () => {
    expect(fold('Mari\u0301a')).toBe(fold('Mar\u00eda'));
    expect(fold('ஹோ')).toBe(fold('ஹோ'.normalize('NFD')));
  });

  it('compares record numbers by their letters and digits', () => {
    for (const written of ['GOA/17', 'goa-17', ' Goa 17', 'GOA17']) expect(foldRecord(written)).toBe('goa17');
    expect(foldRecord('/-/')).toBe('');
  });
});

describe('the words of a patient', () => {
  it('are those of the name and of the record number, which is one besides', () => {
    expect(indexedWords({ name: 'Asha María Naik', record: 'GOA/17' })).toEqual([
      'asha',
      'maria',
      'naik',
      'goa',
      '17',
      'goa17',
    ]);
  });

  it('have an apostrophe in two ways', () => {
    expect(indexedWords({ name: 'O’Brien', record: null })).toEqual(['o', 'brien', 'obrien']);
  });

  it('have a hyphen in two ways, and letters that some write as two', () => {
    expect(indexedWords({ name: 'Anne-Marie', record: null })).toEqual(['anne', 'marie', 'annemarie']);
    expect(indexedWords({ name: 'Jörg MÜLLER', record: null })).toEqual([
      'jorg',
      'muller',
      'joerg',
      'mueller',
    ]);
    expect(indexedWords({ name: 'Mu\u0308ller', record: null })).toEqual(['muller', 'mueller']);
    expect(indexedWords({ name: 'Åse Bjørn', record: null })).toEqual(['ase', 'bjorn', 'aase', 'bjoern']);
  });
});

describe('the words of a search', () => {
  it('are folded, each once, and no more than anybody types', () => {
    expect(searchedWords("  O'Brien, o'brien MARÍA ")).toEqual([['obrien'], ['maria']]);
    expect(searchedWords('a b c d e f g h i j')).toHaveLength(8);
    expect(searchedWords('"* -- ()')).toEqual([]);
    expect(searchedWords('Müller mueller')).toEqual([['muller', 'mueller'], ['mueller']]);
  });
});
