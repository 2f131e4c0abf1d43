import type { Failure } from './finding.ts';

/** What came of trying the parts of the panel. */
export type PanelFacts =
  /** The console is the panel. */
  | { readonly state: 'none' }
  | {
      readonly state: 'answers';
      /** Parts that the settings name, `light`, `keypad`, … */
      readonly parts: readonly string[];
      /** Those of them that do not answer. Light, piezo and display cannot. */
      readonly missing: readonly string[];
      /** What came of asking for keys; undefined where there is no keypad that answers, or nobody was asked. */
      readonly keys: 'right' | 'wrong' | 'none' | undefined;
    }
  | { readonly state: 'fails'; readonly failure: Failure };
