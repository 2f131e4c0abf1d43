/**
 * The base of every error that `runtime/`, `certs/`, `hub/`, `rc/` and `device/` throw on purpose.
 *
 * `code` is stable and may be matched on; `message` says what happened and what to do about it, in one
 * line fit for an operator; `cause` is what lies beneath. (`protocol/` and `hardware/`, which import
 * nothing, have bases of the same shape.)
 */
export abstract class CardeaError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
