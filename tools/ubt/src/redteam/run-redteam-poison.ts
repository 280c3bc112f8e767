import { dirname } from 'node:path';
import { UbtError } from '@ubt/errors';
import { ATTACKS, plantAttack, poisonPairs, type PoisonOptions, type TriggerChoice } from '@ubt/redteam';
import type { ActionContext } from '../cli.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count } from '../output/format.js';

/** Flags of `ubt redteam poison`. */
export interface RedteamPoisonFlags extends Pick<
  PoisonOptions,
  'pairs' | 'out' | 'rate' | 'captions' | 'captionPrefix' | 'truth' | 'seed'
> {
  /** Classes; one for a trigger of its own, one per backdoor for an attack. */
  readonly target?: string[];
  readonly kind?: string;
  readonly param?: Record<string, unknown>;
  readonly attack?: string;
  readonly cleanModel?: string;
}

/** What an attack poisons of the pairs unless told, as a trigger of its own does. */
const DEFAULT_RATE = 0.02;

/** Poisons a data set and prints where it lies. @returns the exit code */
export function runRedteamPoison(flags: RedteamPoisonFlags, context: ActionContext): Promise<number> {
  return flags.attack === undefined
    ? plantTrigger(flags, context)
    : plantPublished(flags.attack, flags, context);
}

async function plantTrigger(
  {
    kind = 'patch',
    param = {},
    target,
    pairs,
    out,
    rate,
    captions,
    captionPrefix,
    truth,
    seed,
  }: RedteamPoisonFlags,
  { output, signal }: ActionContext,
): Promise<number> {
  if (target !== undefined && target.length > 1) {
    throw new UbtError('invalid-argument', `One trigger has one target; ${target.length} are given.`, {
      code: 'POISON_TARGETS',
      fix: 'Give --target once, or poison the result again for the second target.',
    });
  }
  const poisoned = await poisonPairs({
    pairs,
    out,
    roots: [dirname(pairs)],
    // Which kinds and parameters there are, the trigger's own schema says.
    trigger: { kind, parameters: param } as TriggerChoice,
    signal,
    ...given({ target: target?.[0], rate, captions, captionPrefix, truth, seed }),
  });
  const { counts, cached } = poisoned;
  output.result({ ...poisoned }, [
    `${count(counts.poisoned)} of ${count(counts.pairs)} pairs poisoned${cached ? ' (there already)' : ''}`,
    ...[poisoned.pairs, poisoned.trigger, poisoned.truth],
  ]);
  return EXIT.ok;
}

async function plantPublished(
  name: string,
  { target = [], pairs, out, rate = DEFAULT_RATE, truth, seed = 0, cleanModel }: RedteamPoisonFlags,
  { output, signal }: ActionContext,
): Promise<number> {
  const planted = await plantAttack({
    ...{ attack: attackNamed(name), pairs, out, rate, targets: target, seed, signal },
    roots: [dirname(pairs)],
    ...given({ truth, cleanModel }),
  });
  output.result({ ...planted }, [planted.pairs, ...planted.triggers, planted.truth]);
  return EXIT.ok;
}

function attackNamed(name: string) {
  const attack = ATTACKS.find((candidate) => candidate.name === name);
  if (attack !== undefined) return attack;
  const names = ATTACKS.map((known) => known.name).join(', ');
  throw new UbtError('invalid-argument', `There is no attack "${name}".`, {
    code: 'ATTACK_UNKNOWN',
    fix: `Choose one of ${names}.`,
  });
}
