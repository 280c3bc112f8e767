/** The stages of a defence run, in the order they run. */
export const STAGES = ['detector', 'selector', 'unlearner'] as const;
export type Stage = (typeof STAGES)[number];

/** What an event says about a stage. */
export const EVENT_KINDS = ['started', 'progress', 'completed', 'failed'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * Subject of an event: `ubt.v1.<run>.<stage>.<kind>`. `*` in place of a part makes a filter that matches any.
 */
export function eventSubject(runId: string, stage: Stage | '*', kind: EventKind | '*'): string {
  return `ubt.v1.${runId}.${stage}.${kind}`;
}

/** The parts of an event's subject, or undefined when it is not one of ours. */
export function parseEventSubject(
  subject: string,
): { runId: string; stage: Stage; kind: EventKind } | undefined {
  const match = /^ubt\.v1\.([a-z0-9-]{1,64})\.([a-z]+)\.([a-z]+)$/.exec(subject);
  if (match === null) return undefined;
  const [, runId, stage, kind] = match as unknown as [string, string, Stage, EventKind];
  return STAGES.includes(stage) && EVENT_KINDS.includes(kind) ? { runId, stage, kind } : undefined;
}
