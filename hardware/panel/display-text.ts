/** The characters that a display can show at once. */
export interface DisplaySize {
  readonly columns: 16 | 20;
  readonly rows: 2 | 4;
}

/** All rows of a display, each as long as the display is wide. */
export type Page = readonly string[];

/** A piece of a row that has to be written. */
export interface Run {
  readonly row: number;
  readonly column: number;
  readonly text: string;
}

const ACCENTS = /\p{Mark}/gu;
const NOT_SHOWN = /[^\x20-\x7d]/g;
/** Signs with a plain cousin. In the usual ROM of these displays `\` is a yen sign and `~` an arrow. */
const PLAIN: readonly (readonly [RegExp, string])[] = [
  [/…/g, '...'],
  [/[‘’]/g, "'"],
  [/[“”„«»]/g, '"'],
  [/[–—~]/g, '-'],
  [/ß/g, 'ss'],
  [/°/g, ''],
  [/\\/g, '/'],
  [/\s/g, ' '],
];

/**
 * `text` in the characters that every such display has: letters lose their accents, what is left becomes
 * a question mark. (Beyond ASCII these displays differ from one another; other scripts they do not have.)
 */
export function displayText(text: string): string {
  const plain = PLAIN.reduce((so, [sign, cousin]) => so.replace(sign, cousin), text);
  return plain.normalize('NFD').replace(ACCENTS, '').replace(NOT_SHOWN, '?');
}

/** `text` in rows of at most `columns`, broken between words; a word longer than a row is cut. */
export function wrap(text: string, columns: number): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of displayText(text).split(' ')) {
    if (word === '') continue;
    const longer = row === '' ? word : `${row} ${word}`;
    if (longer.length <= columns) {
      row = longer;
      continue;
    }
    if (row !== '') rows.push(row);
    row = word;
    for (; row.length > columns; row = row.slice(columns)) rows.push(row.slice(0, columns));
  }
  if (row !== '') rows.push(row);
  return rows;
}

/** Lines as pages of a display, shown in turns. A line is split over two pages only where it fits on none. */
export function pagesOf(lines: readonly string[], size: DisplaySize): Page[] {
  const pages: string[][] = [];
  let open: string[] = [];
  for (const line of lines) {
    const rows = wrap(line, size.columns);
    if (open.length + rows.length > size.rows && open.length > 0) {
      pages.push(open);
      open = [];
    }
    for (const row of rows) {
      if (open.length === size.rows) {
        pages.push(open);
        open = [];
      }
      open.push(row);
    }
  }
  if (open.length > 0 || pages.length === 0) pages.push(open);
  return pages.map((rows) => pageOf(rows, size));
}

/** Rows as one page: what is too much is cut, what is missing is blank. */
export function pageOf(rows: readonly string[], { columns, rows: count }: DisplaySize): Page {
  return Array.from({ length: count }, (_, row) => (rows[row] ?? '').slice(0, columns).padEnd(columns));
}

/**
 * What has to be written so that a display that shows `before` shows `after`. Each character costs 28 bytes
 * on the line (5 ms at 57,600 baud), and so does going to another place.
 */
export function changes(before: Page, after: Page): Run[] {
  return after.flatMap((text, row) => rowChanges(before[row] ?? '', text, row));
}

function rowChanges(before: string, after: string, row: number): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < after.length; column++) {
    if (after[column] === before[column]) continue;
    const last = runs.at(-1);
    const gap = last === undefined ? Number.POSITIVE_INFINITY : column - last.column - last.text.length;
    if (last !== undefined && gap <= 1) {
      runs[runs.length - 1] = { ...last, text: after.slice(last.column, column + 1) };
    } else {
      runs.push({ row, column, text: after.slice(column, column + 1) });
    }
  }
  return runs;
}
