import { RcClient } from '../../../certs/rc-client.ts';
import { RcUntrustedError } from '../../../certs/rc-errors.ts';
import { loadTlsIdentity } from '../../../certs/tls-identity.ts';
import { systemClock } from '../../../runtime/clock.ts';
import { tcpNetwork } from '../../../runtime/tcp-network.ts';
import { type Attack, control, judge, type Verdict } from '../lab.ts';
import { inClinic } from '../worlds/clinic.ts';

/**
 * Somebody answers in the registration centre's place, with the whole of Cardea and a network of their own.
 * Success: a hub that has joined the real network asks them for its lists, or tells them what it knows.
 */
export const rogueRegistrationCentre: Attack = {
  id: 'rogue-rc',
  title: 'Another registration centre is taken for the network’s own',
  // Both suites ask over the same TLS (PROTOCOL 1.1, 2.1).
  'limbasiya-2021': callRogue,
  'cardea-1': callRogue,
};

const surroundings = { clock: systemClock, network: tcpNetwork(systemClock) };

function callRogue(): Promise<Verdict> {
  return inClinic(['goa-01'], (real) =>
    inClinic([], async (rogue) => {
      const identity = await loadTlsIdentity(real.site.folderOf('goa-01'));
      const asked = async (rc: typeof real.site.rcAddress) => {
        const client = new RcClient({ surroundings, rc, identity });
        try {
          await client.hubs();
          return true;
        } catch (error) {
          if (!(error instanceof RcUntrustedError)) throw error;
          return false;
        } finally {
          client.close();
        }
      };
      control(await asked(real.site.rcAddress), 'the network’s own answers');
      return judge(await asked(rogue.site.rcAddress), {
        breaks: 'the hub asked the rogue',
        holds: 'the hub ends the connection before it has said anything: another authority',
      });
    }),
  );
}
