import type { Standing } from '../store/members.ts';

const OPERATORS = ['admin', 'registrar', 'auditor'] as const;
const REGISTRARS = ['admin', 'registrar'] as const;

/** Who may call which route. A route that is not in this table cannot be added to the API. */
export const ACCESS = {
  'GET /v1/openapi.json': 'anyone',
  // Whoever joins has no certificate yet: the token is what counts.
  'POST /v1/join': 'anyone',
  'POST /v1/renew': ['hub', 'device', ...OPERATORS],
  'POST /v1/tokens': ['admin'],
  'POST /v1/authority/rotate': ['admin'],
  'POST /v1/master-key/rotate': ['admin'],
  'GET /v1/hubs': ['hub', 'device', ...OPERATORS],
  'GET /v1/members': OPERATORS,
  'POST /v1/members/:id/revoke': ['admin'],
  'GET /v1/status': OPERATORS,
  'GET /v1/audit': ['admin', 'auditor'],
  'POST /v1/audit': ['hub'],
  'GET /v1/hubs/:id/audit': ['admin', 'auditor'],
  'POST /v1/registrations': REGISTRARS,
  'PUT /v1/registrations/:id': REGISTRARS,
  'GET /v1/cards': OPERATORS,
  'GET /v1/cards/:uid': OPERATORS,
  'GET /v1/cards/:uid/details': OPERATORS,
  'POST /v1/cards/:uid/revoke': REGISTRARS,
  'POST /v1/cards/:uid/unlock': REGISTRARS,
  'GET /v1/patients': OPERATORS,
  'GET /v1/feed': ['hub'],
  'GET /v1/feed/cards/:uid': ['hub'],
  'POST /v1/reports': ['hub'],
  'POST /v1/limbasiya/hub': ['hub'],
  'POST /v1/limbasiya/hub/patients': ['hub'],
  'POST /v1/limbasiya/cards': REGISTRARS,
  'POST /v1/limbasiya/cards/list': ['device', ...OPERATORS],
} as const satisfies Readonly<Record<string, 'anyone' | readonly Standing[]>>;

export type RouteName = keyof typeof ACCESS;

export function isRouteName(name: string): name is RouteName {
  return Object.hasOwn(ACCESS, name);
}

export function mayCall(route: RouteName, standing: Standing): boolean {
  const allowed: 'anyone' | readonly Standing[] = ACCESS[route];
  return allowed === 'anyone' || allowed.includes(standing);
}

/** The methods of the routes that a URL's path fits; none where there is nothing. */
export function methodsAt(url: string): string[] {
  const segments = url.replace(/[?#].*$/s, '').split('/');
  return Object.keys(ACCESS)
    .map((name) => name.split(' '))
    .filter(([, path = '']) => {
      const wanted = path.split('/');
      return (
        wanted.length === segments.length &&
        wanted.every(
          (segment, i) => segment === segments[i] || (segment.startsWith(':') && segments[i] !== ''),
        )
      );
    })
    .map(([method = '']) => method);
}
