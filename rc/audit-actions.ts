/**
 * What is kept in the registration centre's audit trail: what each action means, and what it is to FHIR
 * (AuditEvent.action: C created, R read, U changed, D ended, E done).
 */
export const RC_ACTIONS = {
  'network.created': { means: 'the network was set up', fhir: 'C' },
  'service.started': { means: 'serve began', fhir: 'E' },
  'service.stopped': { means: 'serve ended in order', fhir: 'E' },
  'token.minted': { means: 'a join token was minted', fhir: 'C' },
  'member.admitted': { means: 'a member was let in without a token', fhir: 'C' },
  'member.joined': { means: 'a join token was redeemed', fhir: 'C' },
  'member.revoked': { means: 'a member was revoked and cut off', fhir: 'D' },
  'certificate.renewed': { means: 'a member was given a new certificate', fhir: 'C' },
  'authority.rotated': { means: 'a new authority took the place of the old one', fhir: 'C' },
  'master-key.rotated': { means: 'a new master key was made for new cards', fhir: 'C' },
  'openapi.read': { means: "the API's document was read", fhir: 'R' },
  'members.listed': { means: 'the list of members was read', fhir: 'R' },
  'hubs.listed': { means: 'the list of hubs was read', fhir: 'R' },
  'status.read': { means: 'the status was read', fhir: 'R' },
  'registration.begun': { means: 'a UID was handed out for a new card', fhir: 'C' },
  'card.registered': { means: 'a card was registered', fhir: 'C' },
  'card.listed': { means: 'a list of cards and their patients was read', fhir: 'R' },
  'card.shown': { means: 'a card and its patient were read', fhir: 'R' },
  'card.unlocked': { means: 'the locks of a card were lifted', fhir: 'U' },
  'patients.found': { means: 'patients and their cards were looked for', fhir: 'R' },
  'card.revoked': { means: 'a card was revoked', fhir: 'D' },
  'card.locked': { means: 'a card was locked by what a hub reported', fhir: 'U' },
  'pin.changed': { means: 'a new PIN that a hub reported was believed', fhir: 'U' },
  'pin.not-proved': { means: 'a new PIN that a hub reported was not believed', fhir: 'E' },
  'feed.read': { means: 'a hub reads the feed from its beginning', fhir: 'R' },
  'feed.card-read': { means: 'a hub asked for one card', fhir: 'R' },
  'reports.sent': { means: 'a hub reported', fhir: 'E' },
  'hub-trail.sent': { means: 'a hub told of its own audit trail', fhir: 'E' },
  'hub-trail.begun-anew': {
    means:
      "a hub's audit trail goes on from an earlier row: the hub was restored, or somebody wrote its trail anew",
    fhir: 'E',
  },
  'limbasiya.hub-registered': { means: 'a hub registered under limbasiya-2021', fhir: 'C' },
  'limbasiya.patients-read': { means: 'a hub was given the list of limbasiya-2021 cards', fhir: 'R' },
  'limbasiya.list-read': { means: 'the list of hubs was given to a limbasiya-2021 card', fhir: 'R' },
  'card.missing': { means: 'a hub holds a card that a restored registry does not know', fhir: 'E' },
  'revocations.doubted': {
    means: 'a hub alone says of more cards than one is believed for that they were revoked before a restore',
    fhir: 'E',
  },
  'audit.read': { means: 'this trail was read or exported', fhir: 'R' },
  'backup.made': { means: 'a backup was made', fhir: 'R' },
  'backup.restored': { means: 'a backup was restored: what came after it is not here', fhir: 'C' },
} as const;

export type RcAction = keyof typeof RC_ACTIONS;
