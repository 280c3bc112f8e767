import { expect, it } from '@jest/globals';
import { Artifact, DetectRequest, packAny, unpackAny } from './index.js';

it('packs a message into Any and gives it back only as its own type', () => {
  const artifact = { uri: 'file:///m', sha256: 'ab', sizeBytes: 5n, mediaType: 'text/csv' };
  const any = packAny('ubt.artifact.v1.Artifact', Artifact, artifact);
  expect(unpackAny('ubt.artifact.v1.Artifact', Artifact, any)).toEqual(artifact);
  expect(unpackAny('ubt.detector.v1.DetectRequest', DetectRequest, any)).toBeUndefined();
});
