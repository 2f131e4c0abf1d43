import { z } from 'zod';
import { line } from '../rc-api/fields.ts';
import { UCUM } from './systems.ts';
import { isUcum } from './ucum.ts';

/** The data types of FHIR R4 that Cardea's resources are made of, with bounds of its own. */

export const fhirId = z.string().regex(/^[A-Za-z0-9.-]{1,64}$/, 'an id: 1 to 64 of A-Z a-z 0-9 - .');

export const uri = z
  .string()
  .max(256)
  .regex(/^[A-Za-z][A-Za-z0-9+.-]*:[!-~]+$/, 'an absolute URI');

const code = z
  .string()
  .regex(/^[!-~]+(?: [!-~]+)*$/, 'a code')
  .max(64);

/** A moment: to the second at least, and with its offset from UTC. */
export const dateTime = z.iso
  .datetime({ offset: true })
  .max(40)
  .regex(/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}/, 'a time to the second, with its offset');

export const coding = z.object({ system: uri, code, display: line(128).optional() });

export const codeableConcept = z.object({
  coding: z.array(coding).min(1).max(4),
  text: line(128).optional(),
});

export const identifier = z.object({ system: uri, value: line(128) });

/** A number and its unit in UCUM; `unit` is for people. */
export const quantity = z.object({
  value: z.number(),
  unit: line(64).optional(),
  system: z.literal(UCUM),
  code: z.string().refine(isUcum, 'a unit of UCUM'),
});

/** Whose it is: the hub's name for the patient. */
export const subjectReference = z.object({ identifier });

export const meta = z.object({ tag: z.array(coding).max(4) });

export type Coding = z.infer<typeof coding>;
export type Identifier = z.infer<typeof identifier>;
export type Quantity = z.infer<typeof quantity>;
