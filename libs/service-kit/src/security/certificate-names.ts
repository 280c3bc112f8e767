import type { PeerCertificate } from 'node:tls';

/** The parts of a peer's certificate that say who it is. */
export type NamedCertificate = Pick<PeerCertificate, 'subject' | 'subjectaltname'>;

/** One entry of a subject alternative name as Node.js writes it: values with separators in them are JSON strings. */
const ENTRY = /(?<type>[^:,]+):(?<value>"(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/uy;

/**
 * The names in a certificate, the more specific kind first: `uri:spiffe://…`, `dns:…`, and `cn:…` of its
 * subject. A name that cannot be read for certain is left out: whoever forged it gets nothing by it.
 */
export function certificateNames({ subject, subjectaltname }: NamedCertificate): string[] {
  const names = alternativeNames(subjectaltname ?? '');
  const commonName: unknown = subject?.CN;
  return [
    ...names.filter((name) => name.startsWith('uri:')),
    ...names.filter((name) => name.startsWith('dns:')),
    ...(typeof commonName === 'string' ? [`cn:${commonName}`] : []),
  ];
}

function alternativeNames(text: string): string[] {
  const names: string[] = [];
  for (let at = 0; at < text.length; at = ENTRY.lastIndex) {
    ENTRY.lastIndex = at;
    const { type, value } = ENTRY.exec(text)?.groups ?? {};
    if (type === undefined || value === undefined) return [];
    const plain = value.startsWith('"') ? (JSON.parse(value) as string) : value;
    if (type === 'URI') names.push(`uri:${plain}`);
    if (type === 'DNS') names.push(`dns:${plain.toLowerCase()}`);
  }
  return names;
}
