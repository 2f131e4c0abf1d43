import { equalConstantTime, utf8 } from '../../../protocol/bytes.ts';

/** Whether two secrets are the same text, however its letters are composed. */
export function equalText(one: string, other: string): boolean {
  return equalConstantTime(utf8(one.normalize('NFC')), utf8(other.normalize('NFC')));
}
