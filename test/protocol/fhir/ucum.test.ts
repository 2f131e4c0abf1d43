import { describe, expect, it } from 'vitest';
import { isUcum } from '../../../protocol/fhir/ucum.ts';

describe('a unit of UCUM', () => {
  it.each([
    ...[
      'Cel',
      '[degF]',
      'mm[Hg]',
      'cm[H2O]',
      '/min',
      '{beats}/min',
      '%',
      'kg',
      'kg/m2',
      'cm',
      '[lb_av]',
      '1',
    ],
    ...[
      '10*9/L',
      'mmol/L',
      'mg/dL',
      'ug/(24.h)',
      'mL/min/{1.73_m2}',
      'm.s-2',
      'mmol/mol{Cr}',
      '/{HPF}',
      '[iU]/L',
    ],
  ])('is %s', (code) => {
    expect(isUcum(code)).toBe(true);
  });

  it.each([
    ['what people write instead', ['°C', 'celsius', 'bpm', 'mmHg', 'Kg', 'lbs']],
    ['a prefix alone, or before what takes none', ['k', 'kmin', 'm%']],
    ['operators that join nothing', ['m//s', '//min', 'mg/', '.m', '()']],
    ['brackets that do not match', ['(m', 'm)', '{', '}', '[degF', 'm{a}b}']],
    ['anything with a blank, too long, or empty', ['m s', ' m', 'x'.repeat(65), '']],
    ['brackets without end', [`${'('.repeat(30)}m${')'.repeat(30)}`]],
  ])('is not %s', (_what, codes) => {
    expect(codes.filter(isUcum)).toEqual([]);
  });
});
