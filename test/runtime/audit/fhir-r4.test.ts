import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { RC_ACTIONS } from '../../../rc/audit-actions.ts';
import type { AuditRow } from '../../../runtime/audit/chain.ts';
import { AUDIT_ROLES } from '../../../runtime/audit/event.ts';
import { auditEventOf } from '../../../runtime/audit/fhir.ts';
import { HUB_ACTIONS } from '../../../runtime/audit/hub-actions.ts';

// R4's AuditEvent (https://hl7.org/fhir/R4/auditevent.html), written down from the specification: what is there of it,
// how often, of which type, and its required value sets. What is not listed may not be there.

/** A string is never empty, nor blank at its ends; a code has no doubled blanks; an id is of few letters. */
const string = z.string().regex(/^\S(?:[\s\S]*\S)?$/);
const code = z.string().regex(/^[^\s]+(?: [^\s]+)*$/);
const uri = z.url();
const id = z.string().regex(/^[A-Za-z0-9\-.]{1,64}$/);
const instant = z.iso.datetime({ offset: true });
const coding = z.strictObject({ system: uri, code, display: string.optional() });
const codeableConcept = z.strictObject({ coding: z.array(coding).min(1), text: string.optional() });
const reference = z.strictObject({ identifier: z.strictObject({ system: uri, value: string }) });

/** The preferred codes of DICOM's that R4 names for AuditEvent.type. */
const DICOM_EVENTS = [
  '110100',
  '110101',
  '110106',
  '110107',
  '110110',
  '110113',
  '110114',
  '110120',
  '110121',
];

const auditEvent = z.strictObject({
  resourceType: z.literal('AuditEvent'),
  id,
  type: z.strictObject({
    system: z.literal('http://dicom.nema.org/resources/ontology/DCM'),
    code: z.enum(DICOM_EVENTS),
    display: string,
  }),
  subtype: z.array(coding).min(1).optional(),
  action: z.enum(['C', 'R', 'U', 'D', 'E']).optional(),
  recorded: instant,
  outcome: z.enum(['0', '4', '8', '12']).optional(),
  outcomeDesc: string.optional(),
  agent: z
    .array(
      z.strictObject({
        role: z.array(codeableConcept).min(1).optional(),
        who: reference.optional(),
        requestor: z.boolean(),
        // 1 machine name, 2 IP address, 3 telephone number, 4 email address, 5 URI.
        network: z.strictObject({ address: string, type: z.enum(['1', '2', '3', '4', '5']) }).optional(),
      }),
    )
    .min(1),
  source: z.strictObject({ observer: reference }),
  entity: z
    .array(
      z.strictObject({
        what: reference.optional(),
        type: z
          .strictObject({
            system: z.literal('http://terminology.hl7.org/CodeSystem/audit-entity-type'),
            code: z.enum(['1', '2', '3', '4']),
          })
          .optional(),
        detail: z
          .array(z.strictObject({ type: string, valueString: string }))
          .min(1)
          .optional(),
      }),
    )
    .min(1)
    .optional(),
});

const hex = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes).toString('hex'));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
const member = fc.constantFrom('goa-01', 'desk-1', 'a-very-long-identifier-of-32-let');

/** Any row that a trail with these actions may hold. */
function rowOf(actions: Readonly<Record<string, unknown>>): fc.Arbitrary<AuditRow> {
  return fc.record({
    number: fc.integer({ min: 1, max: 999_999_999_999_999 }),
    time: fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2126, 0) }),
    action: fc.constantFrom(...Object.keys(actions)),
    outcome: fc.constantFrom('done', 'refused', 'token-refused'),
    by: maybe(member),
    role: maybe(fc.constantFrom(...AUDIT_ROLES)),
    from: maybe(fc.constantFrom('192.0.2.7', '2001:db8::1')),
    card: maybe(fc.oneof(hex(16), hex(32))),
    subject: maybe(hex(16)),
    member: maybe(member),
    key: maybe(fc.oneof(hex(32), fc.constant('7'))),
    detail: maybe(fc.constantFrom('reason=lost', 'kind=hub unlocked=3')),
    hash: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  });
}

const SOURCES = [
  { observer: 'registration-centre', actions: RC_ACTIONS },
  { observer: 'a-very-long-identifier-of-32-let', actions: HUB_ACTIONS },
] as const;

describe.each(SOURCES)('what $observer exports as FHIR', ({ observer, actions }) => {
  it('is an R4 AuditEvent, whatever the row says', () => {
    fc.assert(
      fc.property(rowOf(actions), (row) => {
        const event: unknown = JSON.parse(JSON.stringify(auditEventOf(row, { observer, actions })));
        expect(auditEvent.safeParse(event).error?.issues ?? []).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the rules of R4 as they are held against it', () => {
  const [row] = fc.sample(rowOf(RC_ACTIONS), { numRuns: 1, seed: 1 });
  const good = () => JSON.parse(JSON.stringify(auditEventOf(row as AuditRow, SOURCES[0])));

  it.each(['type', 'recorded', 'agent', 'source'])('miss %s where it is not there', (element) => {
    const event = good();
    delete event[element];
    expect(auditEvent.safeParse(event).success).toBe(false);
  });

  it.each([
    ['action', 'X'],
    ['outcome', '1'],
    ['recorded', '2027-01-15'],
    ['agent', []],
    ['id', 'with_underscore'],
    ['entity', []],
    ['colour', 'red'],
  ])('refuse %s where it is %s', (element, value) => {
    expect(auditEvent.safeParse(good()).success).toBe(true);
    expect(auditEvent.safeParse({ ...good(), [element]: value }).success).toBe(false);
  });
});
