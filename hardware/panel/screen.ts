import type { HardwareClock } from '../clock.ts';
import type { BoardParts } from './board-parts.ts';
import { changes, type DisplaySize, type Page, pageOf } from './display-text.ts';

/** How long a page stands where there are several: time to read two rows. */
export const PAGE_MS = 2_500;

/** Shows pages on a display, in turns where there are several, writing only what changes. */
export class Screen {
  readonly size: DisplaySize;
  readonly #clock: HardwareClock;
  readonly #parts: Pick<BoardParts, 'write'>;
  #pages: readonly Page[] = [];
  #shown: Page;
  #timer: { cancel(): void } | undefined;

  /** A display that is blank now. */
  constructor(clock: HardwareClock, size: DisplaySize, parts: Pick<BoardParts, 'write'>) {
    this.#clock = clock;
    this.size = size;
    this.#parts = parts;
    this.#shown = pageOf([], size);
  }

  /** From now on these are the pages. Those that are shown already go on in their turn. */
  show(pages: readonly Page[]): void {
    if (samePages(pages, this.#pages)) return;
    this.#pages = pages;
    this.#turnTo(0);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #turnTo(index: number): void {
    this.#timer?.cancel();
    const page = this.#pages[index] ?? pageOf([], this.size);
    this.#parts.write(changes(this.#shown, page));
    this.#shown = page;
    if (this.#pages.length < 2) return;
    this.#timer = this.#clock.after(PAGE_MS, () => this.#turnTo((index + 1) % this.#pages.length));
  }
}

function samePages(some: readonly Page[], others: readonly Page[]): boolean {
  return some.map((page) => page.join('\n')).join('\f') === others.map((page) => page.join('\n')).join('\f');
}
