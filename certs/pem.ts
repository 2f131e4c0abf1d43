const BLOCK = /-----BEGIN ([A-Z ]+)-----([A-Za-z0-9+/=\s]*)-----END \1-----/g;
const BEGIN = /-----BEGIN /g;
/** RFC 7468: 64 characters a line. */
const LINE = /.{1,64}/g;

type Label = 'CERTIFICATE' | 'PRIVATE KEY';

/** One PEM block (RFC 7468), with a line break at its end. */
export function encodePem(label: Label, der: Uint8Array): string {
  const base64 = Buffer.from(der).toString('base64');
  const lines = base64.match(LINE) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The DER of every block with `label`, in order; none at all where any block of the text is broken. */
export function decodePem(label: Label, text: string): readonly Uint8Array[] {
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.length !== [...text.matchAll(BEGIN)].length) return [];
  return blocks
    .filter(([, found]) => found === label)
    .map(([, , base64 = '']) => new Uint8Array(Buffer.from(base64, 'base64')));
}
