import { type Finding, fine, untested, wrong, wrongBy } from './finding.ts';
import type { PanelFacts } from './panel-facts.ts';

/** What was shown on parts that cannot say whether they work: that is for whoever stands there. */
const SHOWN: Readonly<Record<string, string>> = {
  light: 'it was lit in the colours of every sign',
  piezo: 'it played the sounds of every sign',
  display: 'it showed the name of every sign',
};

export function panelFindings(facts: PanelFacts): Finding[] {
  switch (facts.state) {
    case 'none':
      return [fine('panel', 'none is set: the console is the panel')];
    case 'fails':
      return [wrongBy('panel', facts.failure, 'check its cable and the settings panel and panelParts')];
    case 'answers':
      return [fine('panel', 'its board answers'), ...facts.parts.map((part) => partFinding(part, facts))];
  }
}

function partFinding(part: string, { missing, keys }: PanelFacts & { state: 'answers' }): Finding {
  const name = `panel-${part}`;
  if (missing.includes(part)) {
    return wrong(
      name,
      `the ${part} does not answer`,
      'check its wires, its supply and its address in panelParts',
    );
  }
  const shown = SHOWN[part];
  if (shown !== undefined) {
    return untested(
      name,
      `${shown}: only you can tell`,
      `if not, check its wires and its place in panelParts`,
    );
  }
  switch (keys) {
    case 'right':
      return fine(name, 'the keys came as they were pressed');
    case 'wrong':
      return wrong(
        name,
        'other keys came than were asked for',
        'check the order of its wires, or "layout" in panelParts',
      );
    case 'none':
      return untested(name, 'it answers, and no keys were pressed in time', 'run this again and press them');
    case undefined:
      return untested(name, 'it answers, and nobody was asked to press keys');
  }
}
