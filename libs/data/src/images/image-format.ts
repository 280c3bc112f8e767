/** Raster formats that are decoded. Vector and document formats can refer to other files, so they are not. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

const startsWith = (bytes: Uint8Array, signature: readonly number[], at = 0) =>
  signature.every((value, place) => bytes[at + place] === value);
const ascii = (text: string) => [...Buffer.from(text, 'latin1')];

const SIGNATURES: readonly (readonly [ImageFormat, (bytes: Uint8Array) => boolean])[] = [
  ['jpeg', (bytes) => startsWith(bytes, [0xff, 0xd8, 0xff])],
  ['png', (bytes) => startsWith(bytes, [0x89, ...ascii('PNG\r\n'), 0x1a, 0x0a])],
  ['gif', (bytes) => startsWith(bytes, ascii('GIF8'))],
  ['webp', (bytes) => startsWith(bytes, ascii('RIFF')) && startsWith(bytes, ascii('WEBP'), 8)],
  ['tiff', (bytes) => startsWith(bytes, ascii('II*\0')) || startsWith(bytes, ascii('MM\0*'))],
  ['avif', (bytes) => startsWith(bytes, ascii('ftypavi'), 4)],
];

/** The format of an image by its first bytes, whatever its name says; undefined when it is none of ours. */
export function imageFormat(bytes: Uint8Array): ImageFormat | undefined {
  return SIGNATURES.find(([, matches]) => matches(bytes))?.[0];
}
