import type { Json } from '../json.ts';
import type { AuditRow } from './chain.ts';

/** What an action means, and what it is to FHIR: created, read, updated, deleted, executed. */
export interface ActionMeaning {
  readonly means: string;
  readonly fhir: 'C' | 'R' | 'U' | 'D' | 'E';
}

export interface FhirSource {
  /** Who keeps the trail: a hub's id, or the registration centre's. */
  readonly observer: string;
  readonly actions: Readonly<Record<string, ActionMeaning>>;
}

const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const CARDEA = 'https://cardea.health/fhir';
const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const HL7_ROLE = `${CARDEA}/audit-role`;

/** The DICOM event of an action, by its beginning; the first that fits. */
const EVENTS: readonly (readonly [begin: string, code: string, display: string])[] = [
  ['service.started', '110120', 'Application Start'],
  ['service.stopped', '110121', 'Application Stop'],
  ['audit.', '110101', 'Audit Log Used'],
  ['backup.made', '110106', 'Export'],
  ['backup.restored', '110107', 'Import'],
  ['records.exported', '110106', 'Export'],
  ['records.imported', '110107', 'Import'],
  ['record', '110110', 'Patient Record'],
  ['queue.', '110110', 'Patient Record'],
  ['patient.login', '110114', 'User Authentication'],
  ['card.locked', '110113', 'Security Alert'],
  ['card.missing', '110113', 'Security Alert'],
  ['pin.not-proved', '110113', 'Security Alert'],
  ['revocations.doubted', '110113', 'Security Alert'],
  ['hub-trail.', '110113', 'Security Alert'],
  ['card.', '110110', 'Patient Record'],
  ['', '110100', 'Application Activity'],
];

/** A row as a FHIR R4 AuditEvent. Whom it is about is named by identifiers alone. */
export function auditEventOf(row: AuditRow, { observer, actions }: FhirSource): Json {
  const [, code, display] = EVENTS.find(([begin]) => row.action.startsWith(begin)) ?? ['', '110100', ''];
  const meaning = actions[row.action];
  const identified = (kind: string, value: string) => ({
    identifier: { system: `${CARDEA}/${kind}`, value },
  });
  return {
    resourceType: 'AuditEvent',
    id: `${observer}-${row.number}`,
    type: { system: DCM, code, display },
    subtype: [{ system: `${CARDEA}/audit-action`, code: row.action, display: meaning?.means ?? row.action }],
    action: meaning?.fhir ?? 'E',
    recorded: new Date(row.time).toISOString(),
    // FHIR's 0 is success, its 4 a failure that harmed nothing.
    outcome: row.outcome === 'done' ? '0' : '4',
    ...(row.outcome !== 'done' && { outcomeDesc: row.outcome }),
    agent: [
      {
        ...(row.by !== null && { who: identified('member', row.by) }),
        ...(row.role !== null && { role: [{ coding: [{ system: HL7_ROLE, code: row.role }] }] }),
        requestor: true,
        ...(row.from !== null && { network: { address: row.from, type: '2' } }),
      },
    ],
    source: { observer: identified('member', observer) },
    ...entities(
      [
        [row.subject, '1', `hub/${observer}/audit-mark`],
        [row.card, '2', 'card'],
        [row.member, '2', 'member'],
        [row.key, '2', 'key'],
      ],
      row,
    ),
  };
}

function entities(
  named: readonly (readonly [value: string | null, type: string, kind: string])[],
  { number, hash, detail }: AuditRow,
): { readonly entity: Json } {
  const trail = {
    type: { system: ENTITY_TYPE, code: '4' },
    detail: [
      { type: 'row', valueString: String(number) },
      { type: 'hash', valueString: Buffer.from(hash).toString('hex') },
      ...(detail === null ? [] : [{ type: 'detail', valueString: detail }]),
    ],
  };
  const things = named.flatMap(([value, code, kind]) =>
    value === null
      ? []
      : [
          {
            what: { identifier: { system: `${CARDEA}/${kind}`, value } },
            type: { system: ENTITY_TYPE, code },
          },
        ],
  );
  return { entity: [...things, trail] };
}
