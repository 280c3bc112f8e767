import { dirname } from 'node:path';
import { UbtError } from '@ubt/errors';
import {
  ATTACKS,
  DEFAULT_TARGET,
  mostSimilarRows,
  plantAttack,
  poisonPairs,
  type PoisonOptions,
  type TriggerChoice,
} from '@ubt/redteam';
import type { ActionContext } from '../cli.js';
import { given } from '../options/given.js';
import { EXIT } from '../output/exit-code.js';
import { count } from '../output/format.js';

/** Flags of `ubt redteam poison`. */
export interface RedteamPoisonFlags extends Pick<
  PoisonOptions,
  'pairs' | 'out' | 'rate' | 'captions' | 'captionPrefix' | 'coverRate' | 'truth' | 'seed'
> {
  /** Classes; one for a trigger of its own, one per backdoor for an attack. */
  readonly target?: string[];
  readonly kind?: string;
  readonly param?: Record<string, unknown>;
  readonly attack?: string;
  readonly cleanModel?: string;
  readonly synonym?: string[];
  readonly similarPairs?: boolean;
}

/** What an attack poisons of the pairs unless told, as a trigger of its own does. */
const DEFAULT_RATE = 0.02;

/** Poisons a data set and prints where it lies. @returns the exit code */
export function runRedteamPoison(flags: RedteamPoisonFlags, context: ActionContext): Promise<number> {
  return flags.attack === undefined
    ? plantTrigger(flags, context)
    : plantPublished(flags.attack, flags, context);
}

async function plantTrigger(flags: RedteamPoisonFlags, { output, signal }: ActionContext): Promise<number> {
  const { kind = 'patch', param = {}, target, pairs, out, synonym: synonyms } = flags;
  const { rate, captions, captionPrefix, coverRate, truth, seed } = flags;
  refuseIdle(flags);
  if (target !== undefined && target.length > 1) {
    throw new UbtError('invalid-argument', `One trigger has one target; ${target.length} are given.`, {
      code: 'POISON_TARGETS',
      fix: 'Give --target once, or poison the result again for the second target.',
    });
  }
  const poisoned = await poisonPairs({
    ...{ pairs, out, signal },
    roots: [dirname(pairs)],
    // Which kinds and parameters there are, the trigger's own schema says.
    trigger: { kind, parameters: param } as TriggerChoice,
    ...given({ target: target?.[0], rate, captions, captionPrefix, synonyms, coverRate, truth, seed }),
    ...given({ similarRows: await similarRows(flags, signal) }),
  });
  const { counts, cached } = poisoned;
  const covers = counts.cover === undefined ? '' : `, ${count(counts.cover)} with the trigger alone`;
  output.result({ ...poisoned }, [
    `${count(counts.poisoned)} of ${count(counts.pairs)} pairs poisoned${covers}${cached ? ' (there already)' : ''}`,
    ...[poisoned.pairs, poisoned.trigger, poisoned.truth],
  ]);
  return EXIT.ok;
}

/** Options that would be without effect. */
function refuseIdle({ synonym, captions, similarPairs, cleanModel }: RedteamPoisonFlags): void {
  const [option, needed] =
    synonym !== undefined && captions !== 'synonyms'
      ? ['--synonym', '--captions synonyms']
      : similarPairs === true && cleanModel === undefined
        ? ['--similar-pairs', '--clean-model']
        : [];
  if (option === undefined) return;
  throw new UbtError('invalid-argument', `${option} does nothing without ${needed}.`, {
    code: 'USAGE',
    fix: `Give ${needed} too, or leave ${option} out.`,
  });
}

/** The pairs by how much they look like the target, where those are to be poisoned. */
async function similarRows(
  { similarPairs, cleanModel, pairs, target: [target = DEFAULT_TARGET] = [] }: RedteamPoisonFlags,
  signal: AbortSignal,
): Promise<readonly number[] | undefined> {
  if (similarPairs !== true) return undefined;
  return mostSimilarRows({ model: cleanModel!, pairs, roots: [dirname(pairs)], target, signal });
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
