import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DetectResult, SelectResult, UnlearnResult, type Artifact } from '@ubt/contracts';
import { UbtError } from '@ubt/errors';
import { z } from 'zod';
import { RUN_RECORD, type OutFolder } from './out-folder.js';

const stageSchema = z.object({
  stage: z.string(),
  job: z.string(),
  seconds: z.number(),
  attempts: z.int(),
});

const recordSchema = z.object({
  schemaVersion: z.literal(1),
  runId: z.string(),
  command: z.string(),
  createdAt: z.iso.datetime(),
  stages: z.array(stageSchema),
  /** The stages' results as proto3 JSON; URIs without a scheme are relative to the folder. */
  detection: z.unknown().optional(),
  selection: z.unknown().optional(),
  unlearning: z.unknown().optional(),
});

/** Time and attempts of one stage. */
export type StageRecord = z.infer<typeof stageSchema>;

/** What a result folder records, so that the next stage can go on from it. */
export interface RunRecord {
  readonly runId: string;
  readonly command: string;
  readonly stages: readonly StageRecord[];
  readonly detection?: DetectResult;
  readonly selection?: SelectResult;
  readonly unlearning?: UnlearnResult;
}

/**
 * Writes the record of a result folder into its staging folder. Artefacts in the folder are named relative to
 * it, so that it can be moved.
 */
export async function writeRunRecord(out: OutFolder, record: RunRecord): Promise<void> {
  const { detection, selection, unlearning, ...rest } = record;
  const base = `${pathToFileURL(out.path).href}/`;
  const json = mapUris(
    {
      schemaVersion: 1,
      ...rest,
      createdAt: new Date().toISOString(),
      ...(detection === undefined ? {} : { detection: DetectResult.toJSON(detection) }),
      ...(selection === undefined ? {} : { selection: SelectResult.toJSON(selection) }),
      ...(unlearning === undefined ? {} : { unlearning: UnlearnResult.toJSON(unlearning) }),
    },
    (uri) => (uri.startsWith(base) ? decodeURIComponent(uri.slice(base.length)) : uri),
  );
  await writeFile(join(out.staging, RUN_RECORD), `${JSON.stringify(json, undefined, 2)}\n`, { flush: true });
}

/**
 * Reads the record of a result folder; all artefacts come back with full URIs.
 *
 * @throws UbtError RUN_RECORD_MISSING, RUN_RECORD_MALFORMED
 */
export async function readRunRecord(folder: string): Promise<RunRecord> {
  const path = join(resolve(folder), RUN_RECORD);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new UbtError('not-found', `${resolve(folder)} holds no results: there is no ${RUN_RECORD}.`, {
      code: 'RUN_RECORD_MISSING',
      fix: 'Give the --out folder of an earlier "ubt detect", "ubt select" or "ubt defend".',
      cause,
    });
  });
  try {
    const parsed = recordSchema.parse(JSON.parse(text));
    return {
      runId: parsed.runId,
      command: parsed.command,
      stages: parsed.stages,
      ...message('detection', DetectResult, parsed, folder),
      ...message('selection', SelectResult, parsed, folder),
      ...message('unlearning', UnlearnResult, parsed, folder),
    };
  } catch (cause) {
    throw new UbtError('data-loss', `${path} is not the record of a run.`, {
      code: 'RUN_RECORD_MALFORMED',
      fix: 'Run the stage before again.',
      cause,
    });
  }
}

function message<K extends 'detection' | 'selection' | 'unlearning', T>(
  key: K,
  type: { fromJSON(json: unknown): T },
  record: Partial<Record<K, unknown>>,
  folder: string,
): Partial<Record<K, T>> {
  const json = record[key];
  if (json === undefined) return {};
  const full = (uri: string) => (uri.includes('://') ? uri : pathToFileURL(join(resolve(folder), uri)).href);
  return { [key]: type.fromJSON(mapUris(json, full)) } as Partial<Record<K, T>>;
}

/** A copy of a JSON value with another text at every key `uri`. */
function mapUris(value: unknown, change: (uri: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => mapUris(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'uri' && typeof inner === 'string' ? change(inner) : mapUris(inner, change),
    ]),
  );
}

/** An artefact as the record of its folder names it. */
export function inFolder(artifact: Artifact, name: string): Artifact {
  return { ...artifact, uri: name };
}
