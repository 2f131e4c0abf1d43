import { z } from 'zod';
import { memberId } from '../../protocol/rc-api/fields.ts';
import {
  memberRevocation,
  memberRevoked,
  membersQuery,
  membersResponse,
} from '../../protocol/rc-api/members.ts';
import { RefusedError } from '../errors.ts';
import { memberOrigin } from './audited.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

/** Members, and the end of one: a hub, a terminal, an operator (PROTOCOL 2.6). */
export function addMemberRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock, log } = context;

  app.get(
    '/v1/members',
    { schema: { querystring: membersQuery, response: { 200: membersResponse } } },
    async (request) => ({ members: [...(await store.members.list(request.query.kind))] }),
  );

  app.post(
    '/v1/members/:id/revoke',
    {
      schema: {
        params: z.object({ id: memberId }),
        body: memberRevocation,
        response: { 200: memberRevoked },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { kind } = request.body;
      const origin = memberOrigin(request, clock);
      const result = await store.revokeMember({ id, kind, origin });
      switch (result.outcome) {
        case 'unknown':
          throw new RefusedError('member-unknown', `there is no ${NAMES[kind]} with the id ${id}`);
        case 'self':
          throw new RefusedError('member-self', 'nobody revokes themselves: ask another admin');
        case 'revoked':
        case 'was revoked': {
          // Also where it was revoked before: what is asked for is that it be cut off now.
          const connectionsCut = context.cutCallers(result.certificates);
          const { revoked, unlocked } = result;
          if (unlocked > 0) context.feedSignal.announce();
          log.warn('a member was revoked', { id, kind, by: origin.by, connectionsCut, unlocked });
          return { revoked, connectionsCut, unlocked };
        }
      }
    },
  );
}

const NAMES = { hub: 'hub', device: 'terminal', operator: 'operator' } as const;
