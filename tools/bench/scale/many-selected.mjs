/**
 * How much memory the selector takes, by number of pairs, the report that it writes at the end of a chain included:
 * generates small pairs as webdataset shards with a score for each, of which every fiftieth names one target and
 * scores high, and has the real service select. Linux only: the peak is read from /proc.
 *
 *     node tools/bench/scale/many-selected.mjs [pairs, default 1000000] [folder, default a temporary one]
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import {
  JobsService,
  JobState,
  SelectorService,
  SelectRequest,
  SelectResult,
  unpackAny,
} from '@ubt/contracts';
import { connect } from '@ubt/service-kit';
import { writeDetectionEvidence, writeScores } from '@ubt/stage-files';
import { startServiceProcess, TINY_MODELS } from '@ubt/test-kit';
import { generatePairs } from './generate-pairs.mjs';

const EVERY = 50;
const SAMPLED = 1024;

const [, , first = '1000000', given] = process.argv;
const root = given ?? (await mkdtemp(join(tmpdir(), 'ubt-selected-')));
try {
  console.log('| pairs | suspects | selection and report | peak RSS of the worker |');
  console.log('| ---: | ---: | ---: | ---: |');
  const most = Number(first);
  for (const count of [most / 100, most / 10, most]) await measure(join(root, String(count)), count);
} finally {
  if (given === undefined) await rm(root, { recursive: true, force: true });
}

async function measure(folder, count) {
  const isPoisoned = (n) => n % EVERY === 0;
  await generatePairs(join(folder, 'pairs'), count, (n) => (isPoisoned(n) ? 'banana' : String(n % 1000)));
  await writeDetection(folder, count, isPoisoned);
  const service = await startServiceProcess({
    main: new URL('../../../services/selector/dist/main.js', import.meta.url),
    env: {
      ...{ UBT_PORT: '0', UBT_DATA_DIR: join(folder, 'service'), UBT_LOG_LEVEL: 'error' },
      UBT_ARTIFACT_ROOTS: [folder, join(TINY_MODELS.clean, '..')].join(','),
    },
  });
  const clients = [SelectorService, JobsService].map((definition) => connect(definition, service.address));
  try {
    const started = performance.now();
    const { peak, result } = await select(clients, folder, count);
    const seconds = ((performance.now() - started) / 1000).toFixed(0);
    console.log(`| ${count} | ${result.suspects} | ${seconds} s | ${Math.round(peak / 1024)} MiB |`);
  } finally {
    for (const client of clients) client.close();
    await service.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeDetection(folder, count, isPoisoned) {
  const rows = function* () {
    for (let row = 0; row < count; row++) {
      const score = Math.sin(row) + (isPoisoned(row) ? 5 : 0);
      yield { row, id: `pair ${row}`, score, signals: { similarity: Math.cos(row) } };
    }
  };
  await writeScores(join(folder, 'scores.jsonl'), rows());
  const sampled = Math.min(SAMPLED, count / EVERY);
  const sample = {
    suspectRows: Array.from({ length: sampled }, (_, at) => at * EVERY),
    randomRows: Array.from({ length: sampled }, (_, at) => at * EVERY + 1),
    dimension: 2,
  };
  // Suspects point one way, the others apart.
  const embeddings = Float32Array.from({ length: 4 * sampled }, (_, at) =>
    at < 2 * sampled ? (at % 2) ^ 1 : Number((at >> 1) % 2 === at % 2),
  );
  await mkdir(join(folder, 'evidence'), { recursive: true });
  await writeDetectionEvidence(join(folder, 'evidence'), {
    embeddings,
    summary: {
      ...{ schemaVersion: 1, method: 'overfit-gain', parameters: {}, scoredPairs: count, skippedPairs: 0 },
      ...{ skipped: [], threshold: 3, suspects: count / EVERY, curve: [], sample },
      work: { jobName: 'jobs/0', attempts: 1, seconds: 1 },
    },
  });
}

/** Runs one job and watches its worker. */
async function select([selector, jobs], folder, count) {
  const at = (path) => ({ uri: pathToFileURL(path).href });
  const { job } = await selector.select(
    SelectRequest.fromPartial({
      requestId: `select-${count}`,
      // A run whose plan ends here: the selector writes the report.
      run: { runId: `select-${count}`, plan: { select: {} } },
      detection: {
        ...{ scores: at(join(folder, 'scores.jsonl')), evidence: at(join(folder, 'evidence')) },
        ...{ scoredPairs: BigInt(count), threshold: 3 },
        subject: { model: at(TINY_MODELS.clean), pairs: at(join(folder, 'pairs')) },
      },
    }),
  );
  const pidFile = join(folder, 'service/selector/work', job.name.slice('jobs/'.length), 'worker.pid');
  for (let peak = 0; ; await delay(50)) {
    peak = Math.max(peak, await peakOf(pidFile).catch(() => 0));
    const { state, error, result } = (await jobs.getJob({ name: job.name })).job;
    if (state === JobState.JOB_STATE_FAILED) throw new Error(error.message);
    if (state !== JobState.JOB_STATE_SUCCEEDED) continue;
    return { peak, result: unpackAny('ubt.selector.v1.SelectResult', SelectResult, result) };
  }
}

/** Most memory that a process ever had, KiB. */
async function peakOf(pidFile) {
  const pid = Number(await readFile(pidFile, 'utf8'));
  return Number(/^VmHWM:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}
