import { ProtocolError } from '../../protocol/errors.ts';

/** The suites that every attack is run against. */
export const SUITES = ['limbasiya-2021', 'cardea-1'] as const;
export type Suite = (typeof SUITES)[number];

export type Outcome = 'breaks' | 'holds' | 'does-not-apply';

/** What came of an attack on one suite, and what was seen. */
export interface Verdict {
  readonly outcome: Outcome;
  /** One sentence: what the adversary got, or what stood in the way. */
  readonly because: string;
}

/**
 * One attack. Its file's docstring says who the adversary is, what they hold, and what counts as success; its
 * code uses that and nothing else.
 */
export interface Attack extends Readonly<Record<Suite, () => Promise<Verdict> | Verdict>> {
  readonly id: string;
  /** A sentence in the adversary's favour: `breaks` means that it is true. */
  readonly title: string;
}

/** An attack did not get as far as its question: what it rests on does not work, so it would show nothing. */
export class LabError extends Error {}

/** An outcome out of what happened. */
export function judge(
  succeeded: boolean,
  { breaks, holds }: { readonly breaks: string; readonly holds: string },
): Verdict {
  return succeeded ? { outcome: 'breaks', because: breaks } : { outcome: 'holds', because: holds };
}

/** The suite has nothing that could be attacked so. */
export function doesNotApply(because: string): Verdict {
  return { outcome: 'does-not-apply', because };
}

/** What must hold for the attack to mean anything: the honest run works, the spoils are real. @throws LabError */
export function control(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LabError(`this should be so, and is not: ${what}`);
}

/**
 * Tries what a party may refuse. Undefined: it refused. Any other error is a fault of the attack, and is
 * thrown, so that no mistake of ours is taken for the suite's strength.
 */
export function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof ProtocolError && error.code !== 'wrong-turn') return undefined;
    throw error;
  }
}

/** {@link attempt} for what takes time. */
export async function attemptLater<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof ProtocolError && error.code !== 'wrong-turn') return undefined;
    throw error;
  }
}

/** What the lab found about one attack. */
export interface Finding {
  readonly id: string;
  readonly title: string;
  readonly verdicts: Readonly<Record<Suite, Verdict>>;
}

/** Runs attacks, one after another. @param tell hears each finding as it is made */
export async function runLab(
  attacks: readonly Attack[],
  tell: (finding: Finding) => void = () => {},
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const attack of attacks) {
    const { id, title } = attack;
    const verdicts = {
      'limbasiya-2021': await attack['limbasiya-2021'](),
      'cardea-1': await attack['cardea-1'](),
    };
    findings.push({ id, title, verdicts });
    tell({ id, title, verdicts });
  }
  return findings;
}
