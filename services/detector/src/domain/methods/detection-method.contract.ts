import { describe, expect, it } from '@jest/globals';
import { disposeClip, type EmbeddingModel } from '@ubt/clip';
import { UbtError } from '@ubt/errors';
import * as tf from '@tensorflow/tfjs-core';
import type { PairSource } from '../pair-source.js';
import type { Detection, DetectionInput, DetectionMethod, DetectionOptions } from './detection-method.js';

/** What a method is examined on. */
export interface DetectionBench {
  /** A model to examine; the pairs below are what it was trained on. */
  readonly suspect: EmbeddingModel;
  readonly reference: EmbeddingModel;
  /** Opens the pairs; reading them ends when the signal is aborted. */
  readonly open: (signal: AbortSignal) => Promise<PairSource>;
  /** Rows that can be read, ascending. */
  readonly readable: readonly number[];
  /** Rows that were tampered with in a way that the method claims to find. */
  readonly planted: readonly number[];
  readonly options: DetectionOptions;
}

/** Everything that holds for every detection method. */
export function describeDetectionMethod(method: DetectionMethod, bench: () => Promise<DetectionBench>): void {
  describe(method.name, () => {
    let shared: Promise<Detection> | undefined;
    const detectOnce = () => (shared ??= bench().then((given) => detect(method, given)));

    it('scores every readable pair once, rows ascending, with a finite number', async () => {
      const [{ rows, scores, signals }, { readable }] = [await detectOnce(), await bench()];
      expect(rows).toEqual(readable);
      expect(scores).toHaveLength(rows.length);
      expect([...scores].every(Number.isFinite)).toBe(true);
      for (const values of Object.values(signals)) expect(values).toHaveLength(rows.length);
    });

    it('reports the similarity under the suspect, a cosine', async () => {
      const { similarity } = (await detectOnce()).signals;
      expect(Math.max(...similarity!)).toBeLessThanOrEqual(1 + 1e-5);
      expect(Math.min(...similarity!)).toBeGreaterThanOrEqual(-1 - 1e-5);
      expect(Math.max(...similarity!)).toBeGreaterThan(Math.min(...similarity!));
    });

    it('scores what was tampered with higher than the rest', async () => {
      const [{ rows, scores }, { planted }] = [await detectOnce(), await bench()];
      const mean = (wanted: boolean) => {
        const values = [...scores].filter((_, i) => planted.includes(rows[i] as number) === wanted);
        return values.reduce((sum, value) => sum + value, 0) / values.length;
      };
      expect(mean(true)).toBeGreaterThan(mean(false));
    });

    it('gives the same scores for the same seed, reports its progress and leaves no tensors', async () => {
      const first = await detectOnce();
      const given = await bench();
      const phases = new Set<string>();
      const before = tf.memory().numTensors;
      const again = await detect(method, given, {
        progress: (phase, done, total, unit) => {
          expect(done).toBeLessThanOrEqual(total);
          phases.add(`${phase} ${unit}`);
        },
      });
      Object.values(again.overfitted).forEach(disposeClip);
      expect(tf.memory().numTensors).toBe(before);
      expect(largestDifference(again.scores, first.scores)).toBeLessThan(1e-4);
      expect(phases.size).toBeGreaterThan(0);
    });

    it('stops when it is cancelled, whatever it is at, and leaves no tensors', async () => {
      const given = await bench();
      const phases = await phasesOf(method, given);
      for (const phase of phases) {
        const controller = new AbortController();
        const reason = new UbtError('cancelled', 'enough', { code: 'JOB_CANCELLED' });
        const before = tf.memory().numTensors;
        const running = detect(method, given, {
          signal: controller.signal,
          progress: (now) => now === phase && controller.abort(reason),
        });
        await expect(running).rejects.toMatchObject({ kind: 'cancelled' });
        expect({ phase, left: tf.memory().numTensors - before }).toEqual({ phase, left: 0 });
      }
    });

    it('asks for the reference model only when it needs one', async () => {
      const given = await bench();
      const running = detect(method, { ...given, reference: undefined });
      if (!method.needsReference) return void (await expect(running).resolves.toBeDefined());
      await expect(running).rejects.toMatchObject({
        kind: 'invalid-argument',
        code: 'REFERENCE_MODEL_MISSING',
      });
    });

    it('scores a pair by itself as it did among the others, if it says it can', async () => {
      const [{ rows, scores, signals, overfitted }, { suspect, open }] = [await detectOnce(), await bench()];
      const { signal } = new AbortController();
      const some = rows.filter((_, i) => i % 17 === 0);
      for await (const batch of (await open(signal)).pass(some)) {
        const before = tf.memory().numTensors;
        const scored = (await method.scoreOnline?.(suspect, overfitted, batch)) ?? [];
        expect(tf.memory().numTensors).toBe(before);
        expect(scored).toHaveLength(method.scoreOnline === undefined ? 0 : batch.size);
        scored.forEach(({ score, similarity }, i) => {
          const at = rows.indexOf(batch.rows[i] as number);
          expect(score).toBeCloseTo(scores[at] as number, 3);
          expect(similarity).toBeCloseTo(signals.similarity![at] as number, 3);
        });
      }
    });
  });
}

async function detect(
  method: DetectionMethod,
  {
    suspect,
    reference,
    open,
    options,
  }: Omit<DetectionBench, 'reference'> & { reference?: EmbeddingModel | undefined },
  given: Partial<Pick<DetectionInput, 'signal' | 'progress'>> = {},
): Promise<Detection> {
  const { signal = new AbortController().signal, progress = () => undefined } = given;
  const pairs = await open(signal);
  return method.detect({ suspect, reference, pairs, options, signal, progress });
}

async function phasesOf(method: DetectionMethod, given: DetectionBench): Promise<Set<string>> {
  const phases = new Set<string>();
  const { overfitted } = await detect(method, given, { progress: (phase) => phases.add(phase) });
  Object.values(overfitted).forEach(disposeClip);
  return phases;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] as number))), 0);
}
