import { createHash } from 'node:crypto';
import { z } from 'zod';
import { fromHex, toHex, utf8, wipe } from '../../protocol/bytes.ts';
import { SUITE } from '../../protocol/constants.ts';
import {
  cardSummary,
  type RegistrationCompletion,
  registrationCompletion,
  registrationRequest,
  registrationResponse,
} from '../../protocol/rc-api/cards.ts';
import { hexBytes } from '../../protocol/rc-api/fields.ts';
import { beginRegistration } from '../../protocol/registration.ts';
import { RefusedError } from '../errors.ts';
import type { Completion, CompletionResult } from '../store/registrations.ts';
import { memberOrigin } from './audited.ts';
import { summaryOf } from './card-summary.ts';
import { patientOf, refusePatient } from './cards-patient.ts';
import type { RcContext } from './context.ts';
import type { ZodApp } from './zod-app.ts';

const ID_BYTES = 16;
const registrationParams = z.object({ id: hexBytes(ID_BYTES) });

/** Registration of cards (PROTOCOL 2.4, steps 1 and 3). Neither the PIN nor the card's seed comes here. */
export function addRegistrationRoutes(app: ZodApp, context: RcContext): void {
  const { store, clock, log } = context;

  app.post(
    '/v1/registrations',
    { schema: { body: registrationRequest, response: { 200: registrationResponse } } },
    async (request) => {
      const { keyId, key } = context.masterKeys.current;
      const blinded = fromHex(request.body.blinded);
      const { uid, evaluated, usk } = beginRegistration(context.primitives, {
        masterKey: key,
        blinded,
        random: context.random,
      });
      const id = context.random(ID_BYTES);
      try {
        await store.registrations.begin({ id, uid, keyId }, memberOrigin(request, clock));
        return {
          registrationId: toHex(id),
          uid: toHex(uid),
          keyId,
          evaluated: toHex(evaluated),
          usk: toHex(usk),
          caPin: toHex(context.authority.current.caPin),
        };
      } finally {
        wipe(usk);
      }
    },
  );

  app.put(
    '/v1/registrations/:id',
    {
      schema: { params: registrationParams, body: registrationCompletion, response: { 200: cardSummary } },
    },
    async (request) => {
      const origin = memberOrigin(request, clock);
      const result = await store.registrations.complete({
        registrationId: fromHex(request.params.id),
        origin,
        ...completionOf(request.body, context.random),
      });
      const card = cardOf(result);
      if (result.outcome === 'registered') {
        context.feedSignal.announce();
        log.info('a card was registered', { uid: toHex(card.uid), by: origin.by });
      }
      return summaryOf(card);
    },
  );
}

function completionOf(
  body: RegistrationCompletion,
  random: RcContext['random'],
): Omit<Completion, 'registrationId' | 'origin'> {
  return {
    // zod puts the fields in the schema's order, so the same content has the same digest.
    digest: new Uint8Array(
      createHash('sha256')
        .update(utf8(JSON.stringify(body)))
        .digest(),
    ),
    suite: SUITE.cardea1,
    cs: fromHex(body.cs),
    rs: body.rs === null ? null : fromHex(body.rs),
    patient: patientOf(body.patient, random),
  };
}

function cardOf(result: CompletionResult) {
  switch (result.outcome) {
    case 'registered':
    case 'repeated':
      return result.card;
    case 'unknown':
      throw new RefusedError(
        'registration-unknown',
        'this registration was not begun by you in the last ten minutes: register the card anew',
      );
    case 'conflict':
      throw new RefusedError(
        'registration-conflict',
        'this registration was completed with another card key or patient: register the card anew',
      );
    case 'patient unknown':
    case 'record taken':
    case 'card replaced':
      throw refusePatient(result.outcome);
  }
}
