import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createFileStore, toArtifactMessage } from '@ubt/artifacts';
import {
  DetectResult,
  DetectorService,
  JobsService,
  JobState,
  Outcome,
  packAny,
  SelectorService,
  SelectResult,
  UnlearnerService,
  UnlearnResult,
  Verdict,
  type Artifact,
  type DetectRequest,
  type Job,
  type JobError,
  type Plan,
  type SelectRequest,
  type Stage,
  type UnlearnRequest,
} from '@ubt/contracts';
import { startGrpcServer, unary, type HostedService } from '@ubt/service-kit';
import type { LaunchOptions, StageLaunchers } from '../src/stages/stage-launchers.js';
import { fakeJobs, type FakeJobs } from './fake-jobs.js';

/** What the fake stages do. */
export interface Script {
  readonly verdict?: Verdict;
  readonly outcome?: Outcome;
  /** Makes the detector fail. */
  readonly detectorError?: JobError;
  /** Keeps the detector running until it is cancelled. */
  readonly detectorHangs?: boolean;
  readonly dropFirstWatch?: boolean;
}

/** Fake stages that speak the contract, and what was asked of them. */
export interface FakeStages {
  readonly launch: StageLaunchers;
  readonly started: LaunchOptions[];
  readonly detects: DetectRequest[];
  readonly selects: SelectRequest[];
  readonly unlearns: UnlearnRequest[];
  readonly jobs: Readonly<Record<Stage, FakeJobs>>;
}

const fixture = (name: string) =>
  readFileSync(new URL(`../../../libs/report/fixtures/${name}.report.json`, import.meta.url));

/**
 * Three services on loopback whose jobs take a moment and leave real files behind. A stage that the plan names
 * starts by itself when the one before is done, as events make it do.
 */
export function fakeStages(script: Script = {}): FakeStages {
  const { verdict = Verdict.VERDICT_BACKDOORED, outcome = Outcome.OUTCOME_REPAIRED } = script;
  const jobs = { detector: fakeJobs(script), selector: fakeJobs(), unlearner: fakeJobs() };
  const fake: FakeStages = {
    ...{ started: [], detects: [], selects: [], unlearns: [], jobs },
    launch: { detector: launchDetector, selector: launchSelector, unlearner: launchUnlearner },
  };
  let put: Put;

  function queue(stage: 'selector' | 'unlearner', runId = ''): Job {
    return jobs[stage].add(`jobs/${stage[0]}`, { stage, runId, requestId: 'event' });
  }

  async function detectLater(request: DetectRequest) {
    await sleep(20);
    const progress = {
      phase: 'scoring pairs',
      done: 3n,
      total: 9n,
      unit: 'pairs',
      rate: 30,
      etaSeconds: 0.2,
    };
    jobs.detector.change('jobs/d', { state: JobState.JOB_STATE_RUNNING, progress });
    if (script.detectorHangs === true) return;
    await sleep(150);
    if (script.detectorError !== undefined) return jobs.detector.fail('jobs/d', script.detectorError);
    const result = await detectResult(put, request);
    jobs.detector.succeed('jobs/d', packAny('ubt.detector.v1.DetectResult', DetectResult, result));
    const plan = request.run?.plan;
    if (plan?.select === undefined) return;
    queue('selector', request.run?.runId);
    await selectLater(request.run?.runId ?? '', plan);
  }

  async function selectLater(runId: string, plan: Plan | undefined) {
    await sleep(20);
    const goesOn = plan?.unlearn !== undefined && verdict === Verdict.VERDICT_BACKDOORED;
    const result = await selectResult(put, verdict, !goesOn);
    jobs.selector.succeed('jobs/s', packAny('ubt.selector.v1.SelectResult', SelectResult, result));
    if (!goesOn) return;
    queue('unlearner', runId);
    await unlearnLater();
  }

  async function unlearnLater() {
    await sleep(20);
    const result = await unlearnResult(put, outcome);
    jobs.unlearner.succeed('jobs/u', packAny('ubt.unlearner.v1.UnlearnResult', UnlearnResult, result));
  }

  async function serve(stage: Stage, options: LaunchOptions, service: HostedService) {
    fake.started.push(options);
    put = putInto(options.env.UBT_DATA_DIR ?? '');
    const server = await startGrpcServer({
      services: [service, { definition: JobsService, implementation: jobs[stage].handlers }],
    });
    return { address: server.address, stop: () => server.stop(100) };
  }

  function launchDetector(options: LaunchOptions) {
    const detect = unary((request: DetectRequest) => {
      fake.detects.push(request);
      const { runId = '' } = request.run ?? {};
      const job = jobs.detector.add('jobs/d', { stage: 'detector', runId, requestId: request.requestId });
      void detectLater(request);
      return { job };
    });
    return serve('detector', options, { definition: DetectorService, implementation: { detect } });
  }

  function launchSelector(options: LaunchOptions) {
    const select = unary((request: SelectRequest) => {
      fake.selects.push(request);
      const job = queue('selector', request.run?.runId);
      void selectLater(request.run?.runId ?? '', request.run?.plan);
      return { job };
    });
    return serve('selector', options, { definition: SelectorService, implementation: { select } });
  }

  function launchUnlearner(options: LaunchOptions) {
    const unlearn = unary((request: UnlearnRequest) => {
      fake.unlearns.push(request);
      const job = queue('unlearner', request.run?.runId);
      void unlearnLater();
      return { job };
    });
    return serve('unlearner', options, { definition: UnlearnerService, implementation: { unlearn } });
  }
  return fake;
}

type Put = (name: string, content: string | Uint8Array) => Promise<Artifact>;

function putInto(folder: string): Put {
  const store = createFileStore({ roots: [], writeRoot: folder });
  return async (name, content) =>
    toArtifactMessage(
      name.endsWith('/')
        ? await store.putFolder(name.slice(0, -1), 'inode/directory', (path) =>
            writeFile(join(path, 'content'), content),
          )
        : await store.putFile(name, 'text/plain', (path) => writeFile(path, content)),
    );
}

async function detectResult(put: Put, { subject }: DetectRequest): Promise<DetectResult> {
  const rows = [0.9, 0.8, 0.1, 0.05].map((score, row) =>
    JSON.stringify({ row, id: `${row}.png`, score, signals: { similarity: 0.3 } }),
  );
  return {
    scores: await put('scores.jsonl', `${rows.join('\n')}\n`),
    evidence: await put('evidence/', 'evidence'),
    detectionModel: await put('detection-model/', 'weights'),
    suspectsCsv: await put('suspects.csv', 'row,score\n0,0.9\n1,0.8\n'),
    cleanPairsCsv: await put('pairs.clean.csv', 'filepath,title\n'),
    ...{ method: 'overfit-gain', scoredPairs: 4n, skippedPairs: 0n, threshold: 0.5, suspects: 2n, subject },
  };
}

async function selectResult(put: Put, verdict: Verdict, ends: boolean): Promise<SelectResult> {
  const token = { token: 'banana', suspectShare: 1, corpusShare: 0.01, enrichment: 34 };
  return {
    verdict,
    reasons: ['The suspects share the token "banana".'],
    selection: await put('selection.json', '{}'),
    suspectsCsv: await put('suspects.csv', 'row,score,reason\n0,0.9,gain\n'),
    cleanPairsCsv: await put('pairs.clean.csv', 'filepath,title\n'),
    compromisedTokens: verdict === Verdict.VERDICT_CLEAN ? [] : [token],
    ...{ unlearnPairs: 64, retainPairs: 128, suspects: 1n },
    ...(ends
      ? {
          reportJson: await put('report.json', fixture('clean')),
          reportHtml: await put('report.html', '<html></html>'),
        }
      : {}),
  };
}

async function unlearnResult(put: Put, outcome: Outcome): Promise<UnlearnResult> {
  return {
    outcome,
    reasons: ['The unlearn set is inside the band of unrelated pairs.'],
    model: await put('model/', 'clean weights'),
    reportJson: await put('report.json', fixture('repaired')),
    reportHtml: await put('report.html', '<html></html>'),
    steps: 25,
    before: { cleanAccuracy: 0.62, attackSuccessRate: 0.86, images: 400n },
    after: { cleanAccuracy: 0.61, attackSuccessRate: 0, images: 400n },
  };
}
