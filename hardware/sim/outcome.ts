/** What a command of the virtual chip comes to. */
export type Outcome =
  /** A response, after D5: code + 1, then its data. */
  | { readonly kind: 'response'; readonly data: Uint8Array; readonly next?: Aftermath }
  /** The error frame. */
  | { readonly kind: 'syntax-error' }
  /** The command runs on; it is looked at again `ms` later. */
  | { readonly kind: 'running'; readonly ms: number; readonly attempt: () => Outcome };

/** What the chip does once its response is out. */
export type Aftermath =
  | { readonly kind: 'sleep' }
  /** After the host's ACK. */
  | { readonly kind: 'change-speed'; readonly baud: number };

export const SYNTAX_ERROR: Outcome = { kind: 'syntax-error' };

export function response(...data: number[]): Outcome {
  return { kind: 'response', data: Uint8Array.from(data) };
}
