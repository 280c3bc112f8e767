import { expect, it } from '@jest/globals';
import { certificateNames, type NamedCertificate } from './certificate-names.js';

const names = (subjectaltname: string, CN?: unknown) =>
  certificateNames({ subject: { CN }, subjectaltname } as unknown as NamedCertificate);

it('gives URIs, then host names, then the common name', () => {
  expect(names('DNS:Gate.Example, URI:spiffe://ubt/gateway, IP Address:127.0.0.1', 'gate')).toEqual([
    'uri:spiffe://ubt/gateway',
    'dns:gate.example',
    'cn:gate',
  ]);
  expect(names('', 'only')).toEqual(['cn:only']);
  expect(certificateNames({ subject: {} } as NamedCertificate)).toEqual([]);
});

it('takes a name with separators in it for one name, as Node.js quotes it', () => {
  expect(names('URI:"http://a/, DNS:admin.example", DNS:real.example')).toEqual([
    'uri:http://a/, DNS:admin.example',
    'dns:real.example',
  ]);
});

it('gives no alternative name of a list that cannot be read for certain', () => {
  expect(names('DNS:good.example, URI:"open', 'x')).toEqual(['cn:x']);
  expect(names('DNS:a"b.example, DNS:good.example')).toEqual([]);
});

it('takes no common name that is several', () => {
  expect(names('', ['a', 'b'])).toEqual([]);
});
