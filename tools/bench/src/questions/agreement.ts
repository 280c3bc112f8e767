import { join } from 'node:path';
import { loadTokenizer, openCheckpoint } from '@ubt/clip';
import { findTokenConsensus, type ScoredPairs } from '@ubt/consensus';
import { openPairs, readCaptionTokens } from '@ubt/data';
import { DETECT_DEFAULTS } from '@ubt/detector';
import { SELECT_DEFAULTS } from '@ubt/selector';
import { readScores } from '@ubt/stage-files';
import type { BenchContext } from '../defence/bench-context.js';
import { defendersPairs } from '../defence/defenders-pairs.js';
import type { DefenceRun } from '../defence/run-defence.js';
import type { Scenario } from '../defence/scenarios.js';

/** The rankings that a defence looks at. */
export const RANKINGS = ['score', 'viewDrop', 'coarseDrop', 'similarity'] as const;

/** How far the captions at the top of a ranking agree on a word. */
export interface Agreement {
  /** `score` as the selector ranks for its verdict; the others as the detector chooses by. */
  readonly ranking: (typeof RANKINGS)[number];
  /** The word that stands out most; empty when there is none. */
  readonly word: string;
  /** Pairs at the top that it stands out in. */
  readonly depth: number;
  /** Share of them that hold it, in [0, 1]. */
  readonly share: number;
  /** How much more often than in all captions. */
  readonly enrichment: number;
  /** Standard deviations beyond chance. */
  readonly zScore: number;
}

/** The agreement of every ranking that a defence looks at. */
export async function agreementOf(
  context: BenchContext,
  scenario: Scenario,
  run: Pick<DefenceRun, 'id' | 'folder'>,
  { dir, share }: { dir: string; share: number | undefined },
): Promise<readonly Agreement[]> {
  const cell = await context.store.cell({
    kind: 'agreements',
    key: { defence: run.id },
    async compute() {
      const { pairs, root } = await defendersPairs(context, scenario, share);
      return readAgreement(join(run.folder, 'scores.jsonl'), pairs, { root, model: dir });
    },
  });
  return cell.result;
}

async function readAgreement(
  scores: string,
  pairs: string,
  { root, model }: { root: string; model: string },
): Promise<Agreement[]> {
  const rows: number[] = [];
  const rankings: Record<Agreement['ranking'], number[]> = {
    ...{ score: [], viewDrop: [], coarseDrop: [], similarity: [] },
  };
  for await (const { row, score, signals } of readScores(scores)) {
    rows.push(row);
    rankings.score.push(score);
    rankings.viewDrop.push(signals.viewDrop ?? 0);
    rankings.coarseDrop.push(signals.coarseDrop ?? 0);
    // What the detector ranks by: the reference's cosine where there is one; low is suspicious.
    rankings.similarity.push(-(signals.referenceSimilarity ?? signals.similarity ?? 0));
  }
  const { config, format } = await openCheckpoint(model);
  const tokenizer = await loadTokenizer(model, config.text.contextLength, format);
  const manifest = await openPairs(pairs, { roots: [root] });
  const tokens = await readCaptionTokens(manifest, tokenizer, Uint32Array.from(rows));
  const shallow = Math.round(DETECT_DEFAULTS.suspectFraction * rows.length);
  return RANKINGS.map((ranking) =>
    agreementIn(
      ranking,
      { rows, scores: Float32Array.from(rankings[ranking]), tokens },
      ranking === 'score' ? SELECT_DEFAULTS.topSuspects : shallow,
      (token) => tokenizer.decodeToken(token),
    ),
  );
}

function agreementIn(
  ranking: Agreement['ranking'],
  pairs: ScoredPairs,
  maxDepth: number,
  describe: (token: number) => string,
): Agreement {
  const { depth, tokens } = findTokenConsensus(pairs, maxDepth);
  const [top] = tokens;
  return {
    ...{ ranking, depth, word: top === undefined ? '' : describe(top.token) },
    share: top?.suspectShare ?? 0,
    enrichment: top?.enrichment ?? 0,
    zScore: top?.zScore ?? 0,
  };
}
