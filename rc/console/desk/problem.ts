import { RcRefusedError } from '../../../certs/rc-errors.ts';
import { DamagedCardError } from '../../../protocol/card-image.ts';
import { EmptyCardError } from '../../../protocol/card-slots.ts';
import { CardNotRegisteredError } from '../first-image.ts';
import type { Problem } from './state.ts';

/** What a registrar reads where the command line's sentence names an option, or says too little for a desk. */
const AT_THE_DESK: Readonly<Record<string, string>> = {
  'card-occupied':
    'The card on the reader is registered already, or is of another network: use an empty one. It is as it was.',
  'card-foreign':
    'The card on the reader holds something of somebody else: use an empty one. It is as it was.',
  'card-unknown': 'Nobody is registered with this card: it may be of another network, or was never finished.',
  'empty-card': 'The card on the reader is empty: choose "register", or find the patient by name.',
  'record-taken':
    'Another desk registered somebody with this record number in between; nothing was registered here.',
  'card-replaced': 'Another desk gave this patient a new card in between; nothing was registered here.',
};

/** A failure as the console tells of it: by its code, in a sentence that says what to do. */
export function problemOf(error: unknown): Problem {
  const code = codeOf(error);
  if (code === undefined) {
    const what = error instanceof Error ? error.message || error.name : String(error);
    return {
      code: 'unexpected',
      text: `Unexpected failure: ${oneLine(what)}. Report this; nothing is known to be lost.`,
    };
  }
  const message = error instanceof Error ? error.message : '';
  return { code, text: AT_THE_DESK[code] ?? sentence(oneLine(message)) };
}

/** Of a refusal, the registration centre's own; of a card that could not be written, the reason beneath. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof RcRefusedError) return error.problemCode;
  if (error instanceof CardNotRegisteredError && error.cause !== undefined) return codeOf(error.cause);
  if (error instanceof EmptyCardError || error instanceof DamagedCardError) return error.code;
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

function sentence(text: string): string {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
}
