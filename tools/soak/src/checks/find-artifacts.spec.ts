import { describe, expect, it } from '@jest/globals';
import { DetectResult } from '@ubt/contracts';
import { findArtifacts } from './find-artifacts.js';

describe('findArtifacts', () => {
  it('finds those with a digest at any depth', () => {
    const result = DetectResult.fromPartial({
      scores: { uri: 'file:///scores', sha256: 'ab' },
      subject: { model: { uri: 'file:///model', sha256: 'cd' }, pairs: { uri: 'file:///pairs' } },
    });
    expect(findArtifacts(result).map(({ uri }) => uri)).toEqual(['file:///scores', 'file:///model']);
  });

  it('finds nothing in nothing', () => expect(findArtifacts(undefined)).toEqual([]));
});
