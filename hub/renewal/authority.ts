import type { Rc } from '../feed/rc.ts';

/** The same registration centre; each page of its feed that names the network's newest authority is told of. */
export function tellingAuthority(rc: Rc, tell: (fingerprint: string) => void): Rc {
  return {
    async feed(query, signal) {
      const page = await rc.feed(query, signal);
      if (page.authority !== undefined) tell(page.authority);
      return page;
    },
    feedCard: (uid) => rc.feedCard(uid),
    report: (reports) => rc.report(reports),
    tellAudit: (delivery) => rc.tellAudit(delivery),
    close: () => rc.close(),
  };
}
