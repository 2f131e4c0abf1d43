import { describe, expect, it } from 'vitest';
import type { Event, State } from '../../device/terminal/state.ts';
import { transition } from '../../device/terminal/transition.ts';
import { summaryLines } from '../../device/terminal/visit-action.ts';
import { type DisplaySize, pagesOf } from '../../hardware/panel/display-text.ts';
import { choicePages } from '../../hardware/panel/entry-pages.ts';
import type { Bundle, Observation } from '../../protocol/fhir/resources.ts';

const SMALL: DisplaySize = { columns: 16, rows: 2 };
const LARGE: DisplaySize = { columns: 20, rows: 4 };
const UCUM = 'http://unitsofmeasure.org';

type Value = Pick<Observation, 'valueQuantity' | 'component'>;

function quantity(value: number, code: string, unit?: string) {
  return { value, system: UCUM, code, ...(unit && { unit }) } as const;
}

function observation(title: string | undefined, value: Value, display = 'x'): Observation {
  return {
    resourceType: 'Observation',
    id: 'a',
    meta: { tag: [] },
    subject: { identifier: { system: 'urn:x', value: 'ab' } },
    identifier: [{ system: 'urn:x', value: 'n' }],
    status: 'final',
    code: { coding: [{ system: 'urn:x', code: 'c', display }], ...(title && { text: title }) },
    effectiveDateTime: '2026-01-01T08:00:00Z',
    ...value,
  };
}

const temperature = (value: number) =>
  observation('Temperature', { valueQuantity: quantity(value, 'Cel', '°C') });
const pressure = observation('Blood pressure', {
  component: [120, 80].map((value) => ({
    code: { coding: [{ system: 'urn:x', code: 'p' }] },
    valueQuantity: quantity(value, 'mm[Hg]', 'mmHg'),
  })),
});

/** The latest first, as a hub sends them. */
function summary(...observations: readonly Observation[]): Bundle {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    entry: observations.map((resource) => ({ resource })),
  };
}

/** What a patient reads at the end of a visit, page after page. */
function read(
  size: DisplaySize,
  { location = 'Goa', failed = 0, place = 7, seen = false, records = summary() }: Partial<Visit> = {},
): string[] {
  const events: readonly Event[] = [
    { type: 'welcomed', welcome: { location, failed } },
    { type: 'informed' },
    { type: 'checked-in', place, seen, measures: null },
    { type: 'summarised', lines: summaryLines(records) },
  ];
  let state: State = { phase: 'proving', calls: 1 };
  let lines: readonly string[] = [];
  for (const event of events) {
    const step = transition('serve', state, event);
    state = step.state;
    for (const effect of step.effects) if (effect.do === 'show') lines = effect.lines;
  }
  return pagesOf(lines, size).map((page) => page.map((row) => row.trimEnd()).join('|'));
}

interface Visit {
  readonly location: string;
  readonly failed: number;
  readonly place: number | null;
  readonly seen: boolean;
  readonly records: Bundle;
}

describe('what a patient reads of a visit', () => {
  it('is the welcome, the number and the latest measurement', () => {
    const records = summary(temperature(36.8));
    expect(read(SMALL, { records })).toEqual([
      'Welcome to Goa.|',
      'Your number is|7.',
      'Temperature:|36.8 C',
    ]);
    expect(read(LARGE, { records })).toEqual(['Welcome to Goa.|Your number is 7.|Temperature: 36.8 C|']);
  });

  it('is no word of measurements where there are none, and of no number where the hub has none', () => {
    expect(read(SMALL)).toEqual(['Welcome to Goa.|', 'Your number is|7.']);
    expect(read(LARGE)).toEqual(['Welcome to Goa.|Your number is 7.||']);
    expect(read(SMALL, { place: null })).toEqual(['Welcome to Goa.|']);
  });

  it('is no number that has passed, where the patient was seen today', () => {
    expect(read(LARGE, { seen: true })).toEqual([
      'Welcome to Goa.|You were seen today.|Please ask at the|desk.',
    ]);
    expect(read(SMALL, { seen: true, place: null })).toEqual([
      'Welcome to Goa.|',
      'You were seen|today. Please',
      'ask at the desk.|',
    ]);
  });

  it('is one line of each kind, the latest, and two kinds at most, of however many measurements', () => {
    const many = Array.from({ length: 100 }, (_, n) => temperature(36 + n / 100));
    const weight = observation('Weight', { valueQuantity: quantity(71.5, 'kg', 'kg') });
    expect(read(LARGE, { records: summary(temperature(38.4), ...many, pressure, weight) })).toEqual([
      'Welcome to Goa.|Your number is 7.|Temperature: 38.4 C|',
      'Blood pressure:|120/80 mmHg||',
    ]);
  });

  it('keeps a number of three digits and the value of a line together', () => {
    expect(read(SMALL, { place: 128, records: summary(pressure) })).toEqual([
      'Welcome to Goa.|',
      'Your number is|128.',
      'Blood pressure:|120/80 mmHg',
    ]);
  });

  it('has the letters of the display in place of those that it lacks', () => {
    const records = summary(observation('Körpergröße', { valueQuantity: quantity(174, 'cm') }));
    expect(read(SMALL, { location: 'Praxis Süd-Öst', records })).toEqual([
      'Welcome to|Praxis Sud-Ost.',
      'Your number is|7.',
      'Korpergrosse:|174 cm',
    ]);
    expect(read(LARGE, { location: 'गोवा' })[0]).toMatch(/^Welcome to \?+\.\|/);
  });

  it('wraps the longest of names between its words, and shows all of it', () => {
    const location = 'Klinik für Allgemeinmedizin und Geburtshilfe am Fluss';
    expect(read(SMALL, { location })).toEqual([
      'Welcome to|Klinik fur',
      'Allgemeinmedizin|und Geburtshilfe',
      'am Fluss.|',
      'Your number is|7.',
    ]);
    expect(read(LARGE, { location })).toEqual([
      'Welcome to Klinik|fur Allgemeinmedizin|und Geburtshilfe am|Fluss.',
      'Your number is 7.|||',
    ]);
  });

  it('tells of wrong PINs before the number, and loses no line by it', () => {
    const records = summary(temperature(36.8), pressure);
    expect(read(LARGE, { failed: 2, records })).toEqual([
      'Welcome to Goa.|There were 2 wrong|PINs since your last|visit.',
      'Your number is 7.|Temperature: 36.8 C|Blood pressure:|120/80 mmHg',
    ]);
    expect(read(SMALL, { failed: 2, records })).toEqual([
      'Welcome to Goa.|',
      'There were 2|wrong PINs since',
      'your last visit.|',
      'Your number is|7.',
      'Temperature:|36.8 C',
      'Blood pressure:|120/80 mmHg',
    ]);
  });

  it.each([SMALL, LARGE])('fits the display and has no sign that it lacks: %o', (size) => {
    const records = summary(
      observation('体温 – „Fieber“ …\u{1f321}', { valueQuantity: quantity(38.5, 'Cel', '°C') }),
    );
    for (const page of pagesOf([...summaryLines(records), 'Größe: 1,74 m \\ ~'], size)) {
      expect(page).toHaveLength(size.rows);
      for (const row of page) expect(row).toMatch(new RegExp(`^[ -}]{${size.columns}}$`));
    }
  });
});

describe('a line of the summary', () => {
  it('has the unit that people use, or else that of UCUM, and every part of a value', () => {
    const line = (...of: Parameters<typeof observation>) => summaryLines(summary(observation(...of)))[0];
    expect(line('Puls', { valueQuantity: quantity(72, '/min') })).toBe('Puls: 72 /min');
    expect(summaryLines(summary(pressure))).toEqual(['Blood pressure: 120/80 mmHg']);
  });

  it('is named by the text, else by the code, else by neither', () => {
    const value = { valueQuantity: quantity(1, 'kg') };
    expect(summaryLines(summary(observation(undefined, value, 'Body weight')))).toEqual([
      'Body weight: 1 kg',
    ]);
    const { code: _, ...nameless } = observation(undefined, value);
    const bare = { ...nameless, code: { coding: [{ system: 'urn:x', code: 'c' }] } };
    expect(summaryLines(summary(bare))).toEqual(['Last measurement: 1 kg']);
  });
});

describe('what a patient is asked beside a sensor', () => {
  const untouched = { digits: '' };

  it.each([
    ['Measure your temperature now?', ['Yes', 'No, go on']],
    ['36.8 °C: keep it?', ['Yes', 'Measure again', 'No']],
    ['104.5 kg: keep it?', ['Yes', 'Measure again', 'No']],
    ['That is no temperature of a person.', ['Try again', 'Go on without']],
    ['The thermometer is not connected.', ['Try again', 'Go on without']],
    ['The measurement was stopped.', ['Try again', 'Go on without']],
  ])('fits both displays: %s', (prompt, options) => {
    for (const size of [SMALL, LARGE]) {
      const pages = choicePages(prompt, options, untouched, size);
      const rows = pages.flat().map((row) => row.trimEnd());
      for (const [index, option] of options.entries()) expect(rows).toContain(`${index + 1} ${option}`);
      expect(pages.length).toBeLessThanOrEqual(size.rows === 2 ? 4 : 2);
    }
    expect(choicePages('36.8 °C: keep it?', options, untouched, SMALL)[0]?.[0]).toBe('36.8 C: keep it?');
  });
});
