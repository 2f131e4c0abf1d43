import type { Readable } from 'node:stream';
import { CardeaError } from './errors.ts';

/** The other side sends a line that has no end in sight. */
export class LineTooLongError extends CardeaError {
  readonly code = 'line-too-long';
}

const LINE_FEED = 0x0a;

/**
 * The lines of a stream, without their ends; what follows the last line end is left out. The stream is read
 * no faster than the lines are taken, and not destroyed at the end.
 *
 * @param maxBytes never more than about this is held
 * @throws LineTooLongError
 */
export async function* linesOf(stream: Readable, maxBytes: number): AsyncGenerator<string, void, undefined> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    let rest: Buffer = chunk;
    for (let end = rest.indexOf(LINE_FEED); end >= 0; end = rest.indexOf(LINE_FEED)) {
      assertFits(size + end, maxBytes);
      yield Buffer.concat([...parts, rest.subarray(0, end)]).toString();
      rest = rest.subarray(end + 1);
      parts = [];
      size = 0;
    }
    parts.push(rest);
    size += rest.length;
    assertFits(size, maxBytes);
  }
}

function assertFits(size: number, maxBytes: number): void {
  if (size > maxBytes) {
    throw new LineTooLongError(`a line of more than ${maxBytes} bytes was refused: send less at once`);
  }
}
