import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { createProgress } from './progress.js';

function terminal() {
  return Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 40 });
}

async function drawn(act: (progress: ReturnType<typeof createProgress>) => Promise<void> | void) {
  const stream = terminal();
  const progress = createProgress(
    [
      { key: 'detector', title: 'detector' },
      { key: 'unlearner', title: 'unlearner' },
    ],
    stream,
  );
  await act(progress);
  await progress.close();
  return stripVTControlCharacters(String(stream.read()));
}

describe('liveProgress', () => {
  it('shows every step’s end on the stream given', async () => {
    const text = await drawn(async (progress) => {
      progress.update('detector', 'scoring 3/9');
      await new Promise((resolve) => setTimeout(resolve, 250));
      progress.done('detector', '2 s');
      progress.skip('unlearner', 'nothing to unlearn');
    });
    expect(text).toContain('scoring 3/9');
    expect(text).toContain('detector: 2 s');
    expect(text).toContain('unlearner: nothing to unlearn');
  });

  it('ends at once when a step failed or was never reached', async () => {
    const text = await drawn((progress) => progress.fail('detector', 'WORKER_DIED'));
    expect(text).toContain('detector: WORKER_DIED');
  });
});
