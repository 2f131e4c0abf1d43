import type { Finding, Suite } from './lab.ts';

/** One of the twelve criteria for two-factor schemes (Wang and Wang, IEEE TDSC), and the attacks that decide it. */
export interface Criterion {
  readonly id: string;
  readonly title: string;
  readonly attacks: readonly string[];
}

export const CRITERIA: readonly Criterion[] = [
  {
    id: 'C1',
    title: 'no verifier table: what a server keeps lets nobody in',
    attacks: ['offline-hub-database', 'offline-rc-database', 'hub-database-as-patient'],
  },
  {
    id: 'C2',
    title: 'secrets are chosen and changed freely',
    attacks: ['torn-write', 'lost-acknowledgement'],
  },
  {
    id: 'C3',
    title: 'no insider of a server learns the secret',
    attacks: ['offline-hub-database', 'offline-rc-database', 'rewritten-card'],
  },
  {
    id: 'C4',
    title: 'a lost card gives nothing',
    attacks: ['offline-card', 'online-guessing', 'online-across-hubs', 'skimmed-card'],
  },
  {
    id: 'C5',
    title: 'the known attacks fail',
    attacks: [
      'hub-as-patient',
      'kci-patient',
      'unknown-key-share',
      'replay-same-hub',
      'replay-other-hub',
      'replay-dated-ahead',
      'replay-after-restart',
      'reflection-interleaving',
      'suite-downgrade',
    ],
  },
  {
    id: 'C6',
    title: 'repairable: revoked and replaced under the same identity',
    attacks: ['old-image', 'rolled-back-revocation'],
  },
  {
    id: 'C7',
    title: 'both ends agree on a key of their own',
    attacks: ['known-session-key', 'other-hub-computes-key'],
  },
  { id: 'C8', title: 'no clocks have to agree', attacks: ['terminal-without-clock'] },
  { id: 'C9', title: 'a typing error is told at once', attacks: ['mistyped-secret'] },
  {
    id: 'C10',
    title: 'each side authenticates the other',
    attacks: ['hub-as-patient', 'hub-as-hub', 'kci-hub', 'rogue-hub'],
  },
  {
    id: 'C11',
    title: 'anonymity: hidden from others, and unlinkable',
    attacks: ['patient-unmasks-patient', 'outsider-links-logins'],
  },
  { id: 'C12', title: 'forward secrecy', attacks: ['forward-secrecy'] },
];

/** Which of the attacks that decide a criterion break the suite; none: it is met. @throws Error for one that was not run */
export function brokenBy({ attacks }: Criterion, suite: Suite, findings: readonly Finding[]): string[] {
  return attacks.filter((id) => {
    const finding = findings.find((found) => found.id === id);
    if (finding === undefined) throw new Error(`the attack ${id} was not run`);
    return finding.verdicts[suite].outcome === 'breaks';
  });
}
