import { styleText } from 'node:util';
import { S_RADIO_ACTIVE, S_RADIO_INACTIVE } from '@clack/prompts';

/** One line of a choice: its mark, its key, and what it is. */
export function choiceLine(
  label: string,
  key: string | undefined,
  hint: string | undefined,
  isActive: boolean,
): string {
  const mark = isActive ? styleText('green', S_RADIO_ACTIVE) : styleText('dim', S_RADIO_INACTIVE);
  const keyed = key === undefined ? '   ' : `${styleText('bold', key)}  `;
  return `${mark} ${keyed}${label}${hint === undefined ? '' : ` ${styleText('dim', `(${hint})`)}`}`;
}
