import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type Attack, control, doesNotApply, judge } from '../lab.ts';
import { inClinic, isServed, PIN } from '../worlds/clinic.ts';

/** So many, from another address than the terminal's. */
const CROWD = 300;
const ELSEWHERE = '127.0.0.2';

/**
 * Somebody at one address opens as many connections to a hub as it takes, says nothing on half of them and
 * rubbish on the others, and holds them. Success: a patient is not served meanwhile.
 */
export const crowdedHub: Attack = {
  id: 'crowded-hub',
  title: 'Many connections from one address keep patients out',

  'limbasiya-2021'() {
    return doesNotApply('the scheme speaks of no connections; its hub is the same program');
  },

  'cardea-1': () =>
    inClinic(['goa-01'], async ({ site, tap }) => {
      control(isServed(await tap('goa-01', PIN)), 'the patient is served');
      const { host, port } = site.hub('goa-01').address;
      const crowd = await Promise.all(
        Array.from({ length: CROWD }, (_, n) => join({ host, port }, n % 2 === 0 ? undefined : 'rubbish')),
      );
      try {
        return judge(!isServed(await tap('goa-01', PIN)), {
          breaks: 'the patient was not served',
          holds: `${CROWD} connections from elsewhere were held or turned away, and the patient was served`,
        });
      } finally {
        for (const socket of crowd) socket.destroy();
      }
    }),
};

async function join(hub: { readonly host: string; readonly port: number }, says?: string): Promise<Socket> {
  const socket = connect({ ...hub, localAddress: ELSEWHERE });
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (says !== undefined) socket.write(says.repeat(10));
  return socket;
}
