import { eventSubject, type Stage } from '@ubt/contracts';
import { waitFor } from '@ubt/test-kit';
import type { DisturbedRun } from '../run/disturbed-run.js';
import { between, oneOf, percent } from './draws.js';
import type { Fault } from './fault.js';

const LIMIT_MS = 300_000;

/**
 * Events come twice and in the wrong order: the detector's completion again while a later stage works, and after the
 * end first the selector's completion, then the detector's, then a start of long ago. To the broker they are new.
 */
export const duplicateEvents: Fault = {
  ...{ name: 'duplicate-events', store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const [stage, share] = [oneOf<Stage>(random, ['selector', 'unlearner']), between(random, 0, 1)];
    const { admin } = run.world;
    await run.moment(stage, share);
    const detected = await storedEvent(run, 'detector');
    await admin.publish(...detected);
    await run.ended();
    const selected = await storedEvent(run, 'selector');
    await admin.publish(...selected);
    await admin.publish(...detected);
    return {
      hit: true,
      note: `one at ${percent(share)} of the ${stage}'s job, two in reverse order after the end`,
      injected: { [detected[0]]: 2, [selected[0]]: 1 },
    };
  },
};

/** Messages that no handler can work on, and an event whose artefacts are not there, among those of a run. */
export const poisonMessage: Fault = {
  ...{ name: 'poison-message', store: 'folder', mayFailWith: [] },
  async strike(run, random) {
    const { admin } = run.world;
    const runId = `${run.runId}-poison`;
    const subject = eventSubject(runId, 'detector', 'completed');
    const [, payload] = await storedEvent(run, 'detector');
    // Artefacts lie in a folder named after the run, so those of the renamed event are not there.
    const dangling = payload.replaceAll(run.runId, runId);
    const poison = ['not json', '{"specversion":"1.0"}', 'x'.repeat(500_000), '\u0000\ufffd'];
    const count = 1 + Math.floor(random() * poison.length);
    for (const text of poison.slice(0, count)) await admin.publish(subject, text);
    await admin.publish(subject, dangling);
    return {
      hit: true,
      note: `${count} that are no events, and one whose artefacts are not there`,
      refused: { runId, deadLetters: count + 1, jobs: 1 },
    };
  },
};

/** Subject and content of a stage's completion, once the broker has it. */
async function storedEvent(run: DisturbedRun, stage: Stage): Promise<[subject: string, payload: string]> {
  const subject = eventSubject(run.runId, stage, 'completed');
  const payload = await waitFor(() => run.world.admin.latest(subject), {
    ...{ timeoutMs: LIMIT_MS, intervalMs: 250, what: `an event on ${subject}` },
  });
  return [subject, payload];
}
