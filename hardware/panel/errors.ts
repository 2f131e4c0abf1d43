import { HardwareError } from '../errors.ts';

/** The panel's board cannot be reached, or vanished: unplugged, restarted, or taken by another program. */
export class PanelLostError extends HardwareError {
  readonly code = 'panel-lost';
}

/** The port is there, but no board with Firmata answers behind it. */
export class PanelSilentError extends HardwareError {
  readonly code = 'panel-silent';
}

/** The settings name parts that this board cannot have. */
export class PanelPartsError extends HardwareError {
  readonly code = 'panel-parts';
}

/** The panel is to be the Pi's own pins, and what drives them is not there. */
export class PanelDriverError extends HardwareError {
  readonly code = 'panel-driver';
}

/** A `--panel` that names no panel. */
export class PanelPathError extends HardwareError {
  readonly code = 'panel-path';
}
