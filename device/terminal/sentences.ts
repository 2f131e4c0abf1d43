/** Why a tap ended without what the patient came for. Stable: scripts match on it. */
export type Reason = keyof typeof SENTENCES;

/**
 * What the patient reads: what happened, and what to do. Plain words, no numbers of errors, and at the
 * end of each road a person to turn to (USERS, patients).
 */
export const SENTENCES = {
  'card-blank': ['This card is empty.', 'Please ask at the desk.'],
  'card-foreign': ['This is not a health card.', 'Please use your own card.'],
  'card-damaged': ['This card is damaged.', 'Please ask at the desk for a new one.'],
  'card-unreadable': ['The card could not be read.', 'Please lay it flat and try again.'],
  'card-removed': ['The card was taken away too early.', 'Please tap it once more.'],
  'card-changed': ['This is another card.', 'Please lay the first one back.'],
  'card-unsupported': ['This kind of card is not used here.', 'Please ask at the desk.'],
  'card-write-failed': ['The card could not be written.', 'Please ask at the desk.'],
  'suite-refused': ['This terminal does not take this older card.', 'Please ask at the desk for a new one.'],
  'reader-lost': ['The card reader is not connected.', 'Please ask at the desk.'],
  'hub-unreachable': ['The clinic cannot be reached.', 'Please ask at the desk.'],
  'hub-untrusted': ['The clinic could not prove who it is.', 'Nothing was sent. Please ask at the desk.'],
  'hub-busy': ['The clinic cannot let you in just now.', 'Please try again in a moment, or ask at the desk.'],
  'hub-lost': ['The connection to the clinic broke.', 'Please tap your card again.'],
  'hub-refused': ['The clinic did not let you in.', 'Please ask at the desk.'],
  'hub-unsupported': ['The clinic does not take this kind of card.', 'Please ask at the desk.'],
  'not-checked-in': ['You could not be checked in.', 'Please ask at the desk.'],
  'card-unknown': ['The clinic does not know this card.', 'Please ask at the desk.'],
  'card-revoked': ['This card is no longer valid.', 'Please ask at the desk.'],
  'card-locked': ['This card is locked after too many wrong PINs.', 'Please ask at the desk.'],
  'card-superseded': ['This is an old copy of the card.', 'Please ask at the desk.'],
  'pin-not-heard': [
    'The clinic has not heard of your new PIN yet.',
    'Please try again later, or ask at the desk.',
  ],
  'wrong-pin': ['That PIN is wrong.', 'Please tap your card again.'],
  'pin-format': ['A PIN has 6 to 12 digits.', 'Please tap your card again.'],
  'new-pin-format': ['The new PIN must have 6 to 12 digits.', 'Your PIN was not changed.'],
  'new-pin-weak': ['That PIN is too easy to guess.', 'Your PIN was not changed. Please choose another.'],
  'new-pin-differs': ['The two new PINs are not the same.', 'Your PIN was not changed.'],
  'no-recovery-code': ['This card has no recovery code.', 'Please ask at the desk.'],
  'wrong-recovery-code': [
    'That is not the recovery code of this card.',
    'Please look again, or ask at the desk.',
  ],
  'wrong-credentials': ['The identity or the password is wrong.', 'Please tap your card again.'],
  'credentials-format': ['An identity and a password are needed.', 'Please tap your card again.'],
  'new-password-format': ['The new password cannot be used.', 'Your password was not changed.'],
  'new-password-differs': ['The two new passwords are not the same.', 'Your password was not changed.'],
  'no-hub-chosen': ['No clinic was chosen.', 'Please tap your card again.'],
  'hub-not-on-card': ['This card does not know this clinic.', 'Please ask at the desk.'],
  'clocks-differ': ["The terminal's clock and the clinic's differ.", 'Please ask at the desk to set them.'],
  'new-pin-unfinished': ['Your new PIN is on the card.', 'Please tap once more to finish.'],
  'new-pin-refused': ['The clinic could not change the PIN now.', 'Your PIN was not changed.'],
  cancelled: ['Cancelled.', 'Nothing was changed.'],
  'terminal-fault': ['The terminal has a fault.', 'Please ask at the desk.'],
} as const satisfies Record<string, readonly [string, string]>;

/** What a refusal says besides its reason. */
export interface RefusalDetail {
  /** Where the hub has counted a try. */
  readonly attemptsLeft?: number;
  /** The hub's time minus the terminal's. */
  readonly clockDifferenceMs?: number;
}

/** The lines for a refusal. */
export function refusalLines(
  reason: Reason,
  { attemptsLeft, clockDifferenceMs }: RefusalDetail = {},
): readonly string[] {
  const [what, remedy] = SENTENCES[reason];
  if (reason === 'wrong-pin' && attemptsLeft !== undefined) {
    if (attemptsLeft === 0)
      return [what, 'That was the last try: the card is locked.', 'Please ask at the desk.'];
    return [what, attemptsLeft === 1 ? '1 try is left.' : `${attemptsLeft} tries are left.`, remedy];
  }
  if (reason === 'clocks-differ' && clockDifferenceMs !== undefined) {
    return [what, clockLine(clockDifferenceMs), remedy];
  }
  return [what, remedy];
}

function clockLine(difference: number): string {
  const seconds = (Math.abs(difference) / 1000).toFixed(1);
  return `The terminal's is ${seconds} s ${difference > 0 ? 'behind' : 'ahead'}.`;
}
