import type { StepReport } from '../../../device/terminal/terminal.ts';
import type { TapAct } from './history.ts';
import { need } from './need.ts';
import type { FaultWorld } from './world.ts';

/** Reads a terminal's steps, as an engineer before it would. */
export class TapEyes {
  readonly #world: FaultWorld;
  readonly #act: TapAct;
  readonly #weight: number;
  #hasEvaluation = false;

  constructor(world: FaultWorld, act: TapAct, weight: number) {
    this.#world = world;
    this.#act = act;
    this.#weight = weight;
  }

  step({ step, note, ok, milliseconds }: StepReport): void {
    const { ledger, elapsed } = this.#world;
    const { hub, card, terminal } = this.#act;
    this.#world.say(terminal, `${step}: ${note}`);
    if (!ok) return;
    switch (step) {
      case 'claim':
        if (!note.startsWith('the hub answered for the blinded PIN') || this.#hasEvaluation) return;
        this.#hasEvaluation = true;
        ledger.evaluated(hub, card);
        return;
      case 'prove':
        ledger.openedAtTerminal(terminal, hub, read(note, /session key ([0-9a-f]{16})/));
        ledger.served(hub, card, elapsed - milliseconds);
        return;
      case 'check-in':
        ledger.checkIns.push({ hub, card, place: Number(read(note, /number (\d+)/)) });
        ledger.served(hub, card, elapsed - milliseconds);
        return;
      case 'keep-measurement':
        ledger.kept.push({ hub, card, value: this.#weight });
        ledger.served(hub, card, elapsed - milliseconds);
        return;
      case 'inform':
      case 'summarise':
      case 'prepare-new-pin':
      case 'confirm-new-pin':
        ledger.served(hub, card, elapsed - milliseconds);
        return;
      default:
    }
  }
}

/** What stands in a step's note. */
function read(note: string, pattern: RegExp): string {
  return need(pattern.exec(note)?.[1], `${String(pattern)} in "${note}"`);
}
