/**
 * What is kept in a hub's audit trail: what each action means, and what it is to FHIR (AuditEvent.action: C created,
 * R read, U changed, D ended, E done).
 */
export const HUB_ACTIONS = {
  'service.started': { means: 'serve began', fhir: 'E' },
  'service.stopped': { means: 'serve ended in order', fhir: 'E' },
  'patient.login': { means: 'a card logged in, or was refused', fhir: 'E' },
  'card.locked': { means: 'a card was locked here after wrong tries', fhir: 'U' },
  'tries.settled': { means: 'tries that a kill left open were counted as wrong', fhir: 'U' },
  'pin.evaluated': { means: 'a new PIN was evaluated in a session', fhir: 'E' },
  'pin.prepared': { means: 'the key of a new PIN was kept', fhir: 'C' },
  'pin.changed': { means: 'a new PIN took the place of the old one', fhir: 'U' },
  'record.read': { means: "a patient's records were read in a session", fhir: 'R' },
  'record.written': { means: "a patient's record was written in a session", fhir: 'C' },
  'records.listed': { means: 'records were listed at the machine', fhir: 'R' },
  'records.exported': { means: 'records were exported', fhir: 'R' },
  'records.imported': { means: 'records were imported', fhir: 'C' },
  'queue.read': { means: 'the queue was read at the machine', fhir: 'R' },
  'queue.done': { means: "a patient's place in the queue was ended", fhir: 'U' },
  'audit.read': { means: 'this trail was read or exported', fhir: 'R' },
  'backup.made': { means: 'a backup was made', fhir: 'R' },
  'backup.restored': { means: 'a backup was restored: what came after it is not here', fhir: 'C' },
} as const;

export type HubAction = keyof typeof HUB_ACTIONS;
