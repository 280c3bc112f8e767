import { expect, it } from '@jest/globals';
import { defendCommand } from './defend-command.js';

const artifact = (uri: string) => ({ uri, sha256: '0'.repeat(64), sizeBytes: 1, mediaType: 'text/csv' });

it('names what was given, quoted for the shell', () => {
  const command = defendCommand({
    model: artifact('file:///m'),
    pairs: artifact("file:///it's%20here/p.csv"),
  });
  expect(command).toBe(`npx ubt defend --model /m --pairs '/it'\\''s here/p.csv' --out defended`);
});
