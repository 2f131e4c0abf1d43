import type { RouteName } from './access.ts';

/** What each route is for, in the words of the API's document. */
export const SUMMARIES: Readonly<Record<RouteName, string>> = {
  'GET /v1/openapi.json': 'This document',
  'POST /v1/join': 'Redeem a join token. The same keys may ask again after a lost answer',
  'POST /v1/renew':
    'Have new keys certified: tlsKey or hubKey, or both. The same keys may ask again after a lost answer',
  'POST /v1/tokens': 'Mint a join token, good once and for 24 hours',
  'POST /v1/authority/rotate': 'Make a new authority, certified by the present one',
  'POST /v1/master-key/rotate': 'Make a new master key for new cards',
  'GET /v1/members': 'Hubs, terminals and operators, those that were revoked, too',
  'POST /v1/members/:id/revoke':
    'Cut a hub, a terminal or an operator off for ever. A hub takes the locks with it that only it had made',
  'GET /v1/hubs': 'The hubs of the network, and its authorities',
  'GET /v1/status': 'How the registration centre and its hubs stand',
  'GET /v1/audit': 'The audit trail, a page of it, for auditors',
  'POST /v1/audit': "Rows of the calling hub's own trail, in order; the same may come twice",
  'GET /v1/hubs/:id/audit': "A hub's trail, as far as it has told of it, a page of it, for auditors",
  'POST /v1/registrations': 'Begin the registration of a cardea-1 card: its UID, and its PIN evaluated',
  'PUT /v1/registrations/:id': 'Complete it. The same completion again is answered alike',
  'GET /v1/cards': 'Cards and their patients, in the order of registration',
  'GET /v1/cards/:uid': 'One card and its patient',
  'GET /v1/cards/:uid/details': 'One card with all that is known of it',
  'POST /v1/cards/:uid/revoke': 'Revoke a card, for ever',
  'POST /v1/cards/:uid/unlock': 'Lift the locks of a card',
  'GET /v1/patients': 'Patients by name or record number',
  'GET /v1/feed': 'The next changes of cards, as the calling hub is to hold them; waits for one',
  'GET /v1/feed/cards/:uid': 'One card, as the calling hub is to hold it',
  'POST /v1/reports':
    'Wrong tries, locks and new PINs at the calling hub. May come twice, late, out of order',
  'POST /v1/limbasiya/hub': 'Register the calling hub under limbasiya-2021',
  'POST /v1/limbasiya/hub/patients': 'A page of the list of limbasiya-2021 cards',
  'POST /v1/limbasiya/cards': 'Register a limbasiya-2021 card',
  'POST /v1/limbasiya/cards/list': 'The list of hubs as it is now, for a limbasiya-2021 card',
};
