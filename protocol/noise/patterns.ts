/** What one message of a handshake does, in Noise's own words (Noise, 5.3 and 9). */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'psk';

/**
 * A handshake as data (Noise, 7). In both patterns here the initiator knows the responder's static key
 * beforehand (the pre-message `<- s`) and sends the odd messages.
 */
export interface HandshakePattern {
  /** The whole protocol name: pattern, curve, cipher and hash. */
  readonly protocolName: string;
  readonly messages: readonly (readonly Token[])[];
}

export const XK: HandshakePattern = {
  protocolName: 'Noise_XK_25519_ChaChaPoly_SHA256',
  messages: [
    ['e', 'es'],
    ['e', 'ee'],
    ['s', 'se'],
  ],
};

/** The handshake of `cardea-1` (PROTOCOL 2). */
export const XKpsk3: HandshakePattern = {
  protocolName: 'Noise_XKpsk3_25519_ChaChaPoly_SHA256',
  messages: [
    ['e', 'es'],
    ['e', 'ee'],
    ['s', 'se', 'psk'],
  ],
};
