import { eventSubject, type Stage } from '@ubt/contracts';

/** Which stage's completion starts which; the first stage is started by calls only. */
const STARTED_BY: Readonly<Partial<Record<Stage, Stage>>> = { selector: 'detector', unlearner: 'selector' };

/** The durable consumer by which a stage hears that the one before it has completed. */
export function stageConsumer(stage: Stage, after: Stage): { durable: string; subjects: string[] } {
  return { durable: `${stage}-after-${after}`, subjects: [eventSubject('*', after, 'completed')] };
}

/** The consumers of all stages, as the services subscribe them. */
export function stageConsumers(): { durable: string; subjects: string[] }[] {
  return Object.entries(STARTED_BY).map(([stage, after]) => stageConsumer(stage as Stage, after));
}
