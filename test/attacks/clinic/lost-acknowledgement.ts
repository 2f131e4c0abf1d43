import { ScriptedPanel } from '../../../demo/scripted-panel.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { ChaosNetwork } from '../../support/chaos-network.ts';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { inClinic, isServed, NEW_PIN, PIN } from '../worlds/clinic.ts';

/** Of a terminal's messages in a PIN change: LOGIN, PROOF, then the session's requests. */
const MESSAGES = 5;

/**
 * Somebody cuts the line between terminal and hub at one message of a PIN change, each of them in turn, so that
 * card and hub disagree. Success: afterwards neither the old PIN nor the new one is served.
 */
export const lostAcknowledgement: Attack = {
  id: 'lost-acknowledgement',
  title: 'A line that is cut during a PIN change leaves the card unusable',

  'limbasiya-2021'() {
    return doesNotApply('a password is changed on the card alone: no hub hears of it');
  },

  async 'cardea-1'() {
    const left: number[] = [];
    for (let message = 0; message < MESSAGES; message++) if (!(await survives(message))) left.push(message);
    return judge(left.length > 0, {
      breaks: `cut at message ${left.join(', ')}, the card was of no use any more`,
      holds: `cut at each of ${MESSAGES} messages: the old PIN or the new one is served`,
    });
  },
};

async function survives(cutAt: number): Promise<boolean> {
  const network = new ChaosNetwork(tcpNetwork(systemClock), (run) => run());
  return await inClinic(
    ['goa-01'],
    async ({ site, wallet, tap }) => {
      let isCut = false;
      network.chaos = (direction, chunk) => {
        isCut ||= direction === 'toHub' && chunk === cutAt;
        return isCut ? 'cut' : undefined;
      };
      const panel = new ScriptedPanel({ pin: PIN, 'new-pin': NEW_PIN, 'new-pin-again': NEW_PIN });
      await site.tap({ wallet, hub: 'goa-01', panel, goal: 'new-pin' });
      control(isCut, `message ${cutAt} was sent`);
      network.chaos = () => undefined;
      return isServed(await tap('goa-01', NEW_PIN)) || isServed(await tap('goa-01', PIN));
    },
    network,
  );
}
