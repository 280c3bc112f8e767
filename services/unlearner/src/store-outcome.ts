import { MEDIA_TYPES, toArtifactMessage, type ArtifactStore } from '@ubt/artifacts';
import { saveCheckpoint, type Checkpoint } from '@ubt/clip';
import { Outcome, type Metrics, type UnlearnRequest, type UnlearnResult } from '@ubt/contracts';
import type { PairManifest } from '@ubt/data';
import type { EvaluationResult } from '@ubt/evaluation';
import type { Comparison, Report, Unlearning } from '@ubt/report';
import { gatherReport, reportArtifact, writeReport } from '@ubt/report-writer';
import type { DetectionEvidence, SelectionFile, StageWork } from '@ubt/stage-files';
import type { SimilarityBand } from './domain/similarity-band.js';
import type { Unlearned } from './domain/unlearn.js';
import { reportMetrics } from './evaluate-models.js';
import { unlearnSettings, type ResolvedUnlearnOptions } from './unlearn-options.js';

/** What an unlearning brought, and what it worked on. */
export interface UnlearningOutcome {
  readonly request: UnlearnRequest;
  readonly suspect: Checkpoint;
  readonly unlearned: Unlearned & { readonly triggerCoverage: number };
  readonly band: SimilarityBand;
  readonly manifest: PairManifest;
  readonly selection: SelectionFile;
  readonly evidence: DetectionEvidence;
  /** Path of scores.jsonl. */
  readonly scores: string;
  readonly options: ResolvedUnlearnOptions;
  readonly before: EvaluationResult | undefined;
  readonly after: EvaluationResult | undefined;
  readonly onReference: EvaluationResult | undefined;
  readonly device: string;
  /** Where the artefacts go, below the store's root. */
  readonly folder: string;
  /** The job's work up to the call. */
  readonly work: () => StageWork;
}

/** Stores the cleaned model and the report; each appears only when complete. */
export async function storeOutcome(store: ArtifactStore, outcome: UnlearningOutcome): Promise<UnlearnResult> {
  const { unlearned, suspect, folder } = outcome;
  const model = await store.putFolder(`${folder}/model`, MEDIA_TYPES.checkpoint, async (path) => {
    await saveCheckpoint({ ...suspect, model: unlearned.clip }, path);
  });
  const reasons = outcomeReasons(outcome);
  const report = await gatherReport({
    ...{ manifest: outcome.manifest, scores: outcome.scores, selection: outcome.selection },
    detection: outcome.evidence,
    runId: outcome.request.run?.runId ?? outcome.work().jobName,
    createdAt: new Date().toISOString(),
    outcome: unlearned.repaired ? 'repaired' : 'not-repaired',
    outcomeReasons: reasons,
    inputs: inputsOf(outcome),
    outputs: {
      model: reportArtifact(toArtifactMessage(model)),
      scores: reportArtifact(outcome.request.detection!.scores!),
      selection: reportArtifact(outcome.request.selection!.selection!),
    },
    stages: stagesOf(outcome),
    unlearning: unlearningOf(outcome),
    ...(outcome.before === undefined ? {} : { metrics: comparisonOf(outcome) }),
  });
  const stored = await store.putFolder(`${folder}/report`, MEDIA_TYPES.html, async (path) => {
    await writeReport(path, report);
  });
  return {
    outcome: unlearned.repaired ? Outcome.OUTCOME_REPAIRED : Outcome.OUTCOME_NOT_REPAIRED,
    reasons,
    model: toArtifactMessage(model),
    reportJson: toArtifactMessage(await store.describe(`${stored.uri}/report.json`, MEDIA_TYPES.json)),
    reportHtml: toArtifactMessage(await store.describe(`${stored.uri}/report.html`, MEDIA_TYPES.html)),
    steps: unlearned.kept.step,
    before: outcome.before && metricsMessage(outcome.before),
    after: outcome.after && metricsMessage(outcome.after),
  };
}

function outcomeReasons({ unlearned, band }: UnlearningOutcome): string[] {
  const { kept, curve, budget } = unlearned;
  const [before] = curve;
  const forgotten = kept.unlearnCosine <= band.high;
  return [
    `The unlearn set's cosine with the compromised tokens went from ${before!.unlearnCosine.toFixed(2)} to ` +
      `${kept.unlearnCosine.toFixed(2)}; unrelated pairs lie below ${band.high.toFixed(2)}` +
      `${forgotten ? '.' : ', so the backdoor is not forgotten.'}`,
    `The retain loss went from ${before!.retainLoss.toFixed(2)} to ${kept.retainLoss.toFixed(2)}; the budget is ` +
      `${budget.toFixed(2)}${kept.retainLoss <= budget ? '.' : ', which it exceeds.'}`,
  ];
}

function inputsOf({ request }: UnlearningOutcome): Report['inputs'] {
  const { model, referenceModel, pairs } = request.detection!.subject!;
  const evaluation = request.run?.plan?.evaluation;
  return {
    model: reportArtifact(model!),
    ...(referenceModel === undefined ? {} : { referenceModel: reportArtifact(referenceModel) }),
    pairs: reportArtifact(pairs!),
    ...(evaluation?.images === undefined || evaluation.classes === undefined
      ? {}
      : {
          evaluation: {
            images: reportArtifact(evaluation.images),
            classes: reportArtifact(evaluation.classes),
            ...(evaluation.templates === undefined
              ? {}
              : { templates: reportArtifact(evaluation.templates) }),
            ...(evaluation.trigger === undefined ? {} : { trigger: reportArtifact(evaluation.trigger) }),
          },
        }),
  };
}

function stagesOf({ evidence, selection, device, work }: UnlearningOutcome): Report['stages'] {
  return [
    { stage: 'detector', ...evidence.summary.work },
    { stage: 'selector', ...selection.work },
    { stage: 'unlearner', ...work(), device },
  ];
}

function unlearningOf({ unlearned, band, options }: UnlearningOutcome): Unlearning {
  const { curve, kept, budget, triggerCoverage } = unlearned;
  const { weights, ...settings } = unlearnSettings(options);
  const named = Object.entries(weights).map(([name, weight]) => [`${name}Weight`, weight] as const);
  return {
    parameters: { ...settings, ...Object.fromEntries(named), seed: options.seed, triggerCoverage },
    steps: curve.at(-1)!.step,
    keptStep: kept.step,
    curve: curve.map(({ step, unlearnCosine, retainLoss }) => ({ step, unlearnCosine, retainLoss })),
    band: { low: band.low, high: band.high },
    unlearnCosineBefore: curve[0]!.unlearnCosine,
    unlearnCosineAfter: kept.unlearnCosine,
    retainLossBefore: curve[0]!.retainLoss,
    retainLossBudget: budget,
  };
}

function comparisonOf({ before, after, onReference }: UnlearningOutcome): Comparison {
  return {
    before: reportMetrics(before!),
    ...(after === undefined ? {} : { after: reportMetrics(after) }),
    ...(onReference === undefined ? {} : { reference: reportMetrics(onReference) }),
  };
}

function metricsMessage(result: EvaluationResult): Metrics {
  const { cleanAccuracy, attackSuccessRate, targetAccuracy, triggeredAccuracy, counts } = result;
  return {
    cleanAccuracy,
    attackSuccessRate,
    targetAccuracy,
    triggeredAccuracy,
    images: BigInt(counts.images),
  };
}
