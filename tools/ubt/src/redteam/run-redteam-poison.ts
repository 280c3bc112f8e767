import { dirname } from 'node:path';
import { poisonPairs, type PoisonOptions, type TriggerChoice } from '@ubt/redteam';
import type { ActionContext } from '../cli.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count } from '../output/format.js';

/** Flags of `ubt redteam poison`. */
export interface RedteamPoisonFlags extends Pick<
  PoisonOptions,
  'pairs' | 'out' | 'target' | 'rate' | 'captions' | 'captionPrefix' | 'truth' | 'seed'
> {
  readonly kind: string;
  readonly param?: Record<string, unknown>;
}

/** Poisons a data set and prints where it lies. @returns the exit code */
export async function runRedteamPoison(
  { kind, param = {}, pairs, out, target, rate, captions, captionPrefix, truth, seed }: RedteamPoisonFlags,
  { output, signal }: ActionContext,
): Promise<number> {
  const poisoned = await poisonPairs({
    pairs,
    out,
    roots: [dirname(pairs)],
    // Which kinds and parameters there are, the trigger's own schema says.
    trigger: { kind, parameters: param } as TriggerChoice,
    signal,
    ...given({ target, rate, captions, captionPrefix, truth, seed }),
  });
  const { counts, cached } = poisoned;
  output.result({ ...poisoned }, [
    `${count(counts.poisoned)} of ${count(counts.pairs)} pairs poisoned${cached ? ' (there already)' : ''}`,
    ...[poisoned.pairs, poisoned.trigger, poisoned.truth],
  ]);
  return EXIT.ok;
}
