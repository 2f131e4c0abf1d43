const BLOCK = /-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
const LINE_LENGTH = 64;

type Label = 'CERTIFICATE' | 'PRIVATE KEY';

/** One PEM block (RFC 7468), with a line break at its end. */
export function encodePem(label: Label, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(new RegExp(`.{1,${LINE_LENGTH}}`, 'g')) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The DER of every block with `label`, in order. */
export function decodePem(label: Label, text: string): readonly Uint8Array[] {
  return [...text.matchAll(BLOCK)]
    .filter(([, found]) => found === label)
    .map(([, , base64 = '']) => new Uint8Array(Buffer.from(base64, 'base64')));
}
