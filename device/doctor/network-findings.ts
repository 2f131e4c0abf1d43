import { advice, type Finding, fine, untested, wrong, wrongBy } from './finding.ts';
import type { HubFacts, MembershipFacts, NetworkFacts, RcFacts, Validity } from './network-facts.ts';

const DAY_MS = 86_400_000;
/** A hub's certificate lives 14 days and is renewed every day (PROTOCOL 2.1): with less left, it is not. */
const HUB_DAYS_LEFT = 7;
/** A terminal's lives 90 days. */
const TERMINAL_DAYS_LEFT = 14;
const CLOCK_FIRST = "look at this machine's clock first";

/** What is to be said of the network around the terminal. `now`: milliseconds since the Unix epoch. */
export function networkFindings({ membership, hub, rc }: NetworkFacts, now: number): Finding[] {
  return [...membershipFindings(membership, now), ...hubFindings(hub, now), ...rcFindings(rc)];
}

function membershipFindings(facts: MembershipFacts, now: number): Finding[] {
  switch (facts.state) {
    case 'not-joined':
      return [
        advice(
          'membership',
          'this terminal has joined no network: it trusts whatever hub the card trusts',
          'join one with "cardea-device join" and the string that "cardea-rc token device" prints',
        ),
      ];
    case 'fails':
      return [wrongBy('membership', facts.failure, 'join the network anew, in a new folder')];
    case 'joined':
      return [
        fine('membership', `joined as ${facts.terminalId}`),
        certificate(
          {
            part: 'terminal-certificate',
            owner: "this terminal's certificate",
            leastDays: TERMINAL_DAYS_LEFT,
          },
          facts.certificate,
          now,
          'join the network anew, in a new folder, with a new string from "cardea-rc token device"',
        ),
      ];
  }
}

function hubFindings(hub: HubFacts, now: number): Finding[] {
  switch (hub.state) {
    case 'not-chosen':
      return [wrongBy('hub', hub.failure, 'choose one with --hub')];
    case 'fails':
      return [wrongBy('hub', hub.failure, `look at the hub at ${hub.address}: "cardea-hub status" there`)];
    case 'answers':
      return [
        fine('hub', `${hub.hubId} in ${hub.location} answers at ${hub.address}`),
        certificate(
          { part: 'hub-certificate', owner: `the certificate of ${hub.hubId}`, leastDays: HUB_DAYS_LEFT },
          hub.certificate,
          now,
          `see that ${hub.hubId} reaches the registration centre, which renews it: "cardea-hub status" there`,
        ),
        ...trust(hub, now),
      ];
  }
}

function trust(
  { hubId, trust: verdict, certificate: validity }: HubFacts & { state: 'answers' },
  now: number,
): Finding[] {
  if (verdict === 'trusted') return [fine('hub-trust', `${hubId} is certified by the network`)];
  if (verdict === undefined) {
    return [
      untested(
        'hub-trust',
        `whether ${hubId} can be trusted is for a card to say, or for the network once this terminal has joined`,
      ),
    ];
  }
  // Its dates have a finding of their own.
  if (!isInDate(validity, now)) return [];
  return [
    wrongBy(
      'hub-trust',
      verdict,
      'check the address, and that hub and terminal have joined the same network',
    ),
  ];
}

function rcFindings(rc: RcFacts): Finding[] {
  switch (rc.state) {
    case 'untested':
      return [untested('registration-centre', 'a terminal that has not joined does not call it')];
    case 'fails':
      return [
        wrongBy(
          'registration-centre',
          rc.failure,
          `see that it runs at ${rc.address}; until then the list of hubs stays as it is`,
        ),
      ];
    case 'answers':
      return [
        fine(
          'registration-centre',
          `it answers at ${rc.address}, and lists ${rc.hubs} ${rc.hubs === 1 ? 'hub' : 'hubs'}`,
        ),
      ];
  }
}

function certificate(
  { part, owner, leastDays }: { readonly part: string; readonly owner: string; readonly leastDays: number },
  { notBefore, notAfter }: Validity,
  now: number,
  remedy: string,
): Finding {
  if (now < notBefore) {
    return wrong(
      part,
      `${owner} holds only from ${day(notBefore)} on, and it is ${day(now)} here`,
      CLOCK_FIRST,
    );
  }
  if (now > notAfter) {
    return wrong(
      part,
      `${owner} ended on ${day(notAfter)}, and it is ${day(now)} here`,
      `${CLOCK_FIRST}; then ${remedy}`,
    );
  }
  const daysLeft = Math.floor((notAfter - now) / DAY_MS);
  const what = `${owner} holds until ${day(notAfter)}, ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'} from now`;
  return daysLeft < leastDays ? advice(part, what, remedy) : fine(part, what);
}

function isInDate({ notBefore, notAfter }: Validity, now: number): boolean {
  return notBefore <= now && now <= notAfter;
}

export function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
