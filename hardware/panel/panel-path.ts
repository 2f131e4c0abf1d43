import { PanelPathError } from './errors.ts';

/** Where a panel is. */
export type PanelPlace =
  /** The pins of this Pi. */
  | 'raspi-io'
  /** A virtual board. */
  | 'simulated'
  /** The serial port of a board with Firmata. */
  | { readonly port: string };

/** @throws PanelPathError when `path` is no `--panel` */
export function parsePanelPath(path: string): PanelPlace {
  if (path === 'raspi-io') return path;
  if (path === 'sim:') return 'simulated';
  if (path.startsWith('/')) return { port: path };
  throw new PanelPathError(
    `"${path}" is no panel: give the serial port of its board as /dev/ttyACM0, raspi-io, or sim: for a virtual one`,
  );
}
