import type { Artifact, DetectorService, ScorePairsRequest } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import type { ServiceClient } from '@ubt/service-kit';

/** An image-caption pair as it is sent. */
export interface LoadPair {
  readonly image: Buffer;
  readonly caption: string;
}

/** What the streams send, and how. */
export interface LoadPlan {
  readonly streams: number;
  readonly pairs: number;
  readonly window: number;
  readonly detectionModel: Artifact;
  /** Sent in turn; every stream begins at another one. */
  readonly samples: readonly LoadPair[];
  readonly signal: AbortSignal;
}

/** What a load came to. */
export interface LoadResult {
  /** Milliseconds from handing a pair to the stream to its answer, of every pair. */
  readonly latencies: readonly number[];
  /** From the first answer of the first stream to the last answer of the last one. */
  readonly seconds: number;
  /** Pairs that were answered with an error. */
  readonly failed: number;
  /** Scores of the first stream, in order. */
  readonly scores: readonly number[];
}

/**
 * Runs the streams, all at once, each with `window` pairs under way. A pair is sent when an earlier one was answered,
 * so the load is what the server can take.
 *
 * @throws UbtError what ends a stream
 */
export async function loadStreams(
  client: ServiceClient<typeof DetectorService>,
  plan: LoadPlan,
): Promise<LoadResult> {
  const results = await Promise.all(
    Array.from({ length: plan.streams }, (_, at) => runStream(client, plan, at)),
  );
  const [began, ended] = [
    Math.min(...results.map(({ firstAt }) => firstAt)),
    Math.max(...results.map(({ lastAt }) => lastAt)),
  ];
  return {
    latencies: results.flatMap(({ latencies }) => latencies),
    seconds: (ended - began) / 1000,
    failed: results.reduce((sum, { failed }) => sum + failed, 0),
    scores: results[0]!.scores,
  };
}

async function runStream(client: ServiceClient<typeof DetectorService>, plan: LoadPlan, stream: number) {
  const sentAt: number[] = [];
  const latencies: number[] = [];
  const scores: number[] = [];
  let [failed, answered, firstAt, lastAt] = [0, 0, 0, 0];
  let onAnswer: (() => void) | undefined;
  async function* requests(): AsyncGenerator<ScorePairsRequest> {
    yield { message: { $case: 'detectionModel', value: plan.detectionModel } };
    for (let at = 0; at < plan.pairs; at++) {
      while (at - answered >= plan.window) await new Promise<void>((resolve) => (onAnswer = resolve));
      const { image, caption } = plan.samples[(stream + at) % plan.samples.length]!;
      sentAt.push(performance.now());
      const value = { id: `${at}`, image: { $case: 'imageBytes' as const, value: image }, caption };
      yield { message: { $case: 'pair', value } };
    }
  }
  for await (const { outcome } of client.scorePairs(requests(), { signal: plan.signal })) {
    lastAt = performance.now();
    if (answered === 0) firstAt = lastAt;
    latencies.push(lastAt - sentAt[answered]!);
    answered += 1;
    if (outcome?.$case === 'score') scores.push(outcome.value.score);
    else failed += 1;
    onAnswer?.();
  }
  if (answered !== plan.pairs) throw streamCutOff(answered, plan.pairs);
  return { latencies, scores, failed, firstAt, lastAt };
}

function streamCutOff(answered: number, pairs: number): UbtError {
  return new UbtError('data-loss', `A stream ended after ${answered} of ${pairs} answers.`, {
    code: 'BENCH_STREAM_CUT_OFF',
    fix: 'Look at the log of the server.',
  });
}
