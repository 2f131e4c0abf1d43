/**
 * What a sign means to whoever stands before the terminal. A panel says each of them by more than
 * colour: light, sound and words together (USERS, feedback).
 */
export type Sign =
  /** Ready for a card. Slow blink. */
  | 'idle'
  /** The card is being read: keep it there. Steady light. */
  | 'reading'
  /** The card may be taken away. All lights, one long high tone. */
  | 'take-card'
  /** The card is wanted on the reader again, or the patient has something to do. */
  | 'attention'
  /** Cardea is at work: wait. */
  | 'working'
  /** It went well. */
  | 'welcome'
  /** It did not. Red and two short low tones. */
  | 'refused'
  /** The terminal itself cannot serve. */
  | 'out-of-order';

/** What is asked for. */
export type Question = KeypadQuestion | TextQuestion;

/** What a panel with twelve keys can take: digits alone. */
export type KeypadQuestion = 'pin' | 'new-pin' | 'new-pin-again';

/** What has letters in it. */
export type TextQuestion = 'recovery-code' | 'identity' | 'password' | 'new-password' | 'new-password-again';

/** The front of a terminal: it shows signs and takes what the patient types. */
export interface Panel {
  /**
   * `lines`: short ones, the most important first. All of them are shown, however many: what does not fit at once takes
   * turns, for as long as the sign stands.
   */
  show(sign: Sign, lines: readonly string[]): void;
  /** How long it takes until all of `lines` was shown, where they take turns. Absent where all is seen at once. */
  turnMs?(lines: readonly string[]): number;
  /**
   * Asks for a secret, masked. Resolves to undefined when the patient cancels, or takes too long.
   * @throws the signal's reason when it aborts.
   */
  ask(question: Question, prompt: string, signal: AbortSignal): Promise<string | undefined>;
  /**
   * Lets one of `options` be chosen, and resolves to its index, or to undefined when the patient cancels.
   * Absent where there is nothing to choose with.
   * @throws the signal's reason when it aborts.
   */
  choose?(prompt: string, options: readonly string[], signal: AbortSignal): Promise<number | undefined>;
  /**
   * Resolves when the patient breaks off what goes on, with what cancels a question; nothing else that is typed counts,
   * and nobody is hurried. Absent where there is nothing to cancel with.
   * @throws the signal's reason when it aborts.
   */
  untilCancelled?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}
