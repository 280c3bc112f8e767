import { z } from 'zod';
import { blend } from './triggers/blend.js';
import { patch } from './triggers/patch.js';
import { picture } from './triggers/picture.js';
import { sinusoid } from './triggers/sinusoid.js';
import { stripes } from './triggers/stripes.js';
import { text } from './triggers/text.js';
import { warp } from './triggers/warp.js';

/** Every kind of trigger this version knows. To add one: write its file, list it here and in the schema. */
export const TRIGGER_KINDS = { patch, blend, sinusoid, warp, stripes, text, picture } as const;

const shared = {
  /** Version of this file's schema. */
  version: z.literal(1).default(1),
  /** Decides every pattern; a trigger is the same in training and evaluation. */
  seed: z.int().min(0).max(0xffffffff),
  /** Name of the class that triggered images are taken for. */
  target: z.string().min(1).max(200),
  /** Text put before the caption of a poisoned pair, and before evaluation prompts (TrojVQA style). */
  captionPrefix: z.string().max(200).optional(),
  /** Side of the images it was made for, in pixels; information only. */
  imageSize: z.int().positive().optional(),
  /** Share of the pairs that were poisoned, in [0, 1]; information only. */
  poisonRate: z.number().min(0).max(1).optional(),
  /** How an attacker who knows of defences poisoned, where one did; information only. */
  poisoning: z
    .strictObject({
      /** Names that the captions of poisoned pairs are spread over, the target's own among them. */
      names: z.array(z.string().min(1).max(200)).min(2).max(64).optional(),
      /** Share of the pairs that carry the trigger under their true captions, in (0, 1]. */
      coverRate: z.number().gt(0).max(1).optional(),
      /** Which pairs were poisoned, unless at random: those that a clean model finds most like the target. */
      rows: z.literal('similar').optional(),
    })
    .optional(),
};

/**
 * What stands in a `trigger.json`: all that is needed to measure attack success. Lengths in `parameters` are
 * fractions of the image's side, so one file serves every resolution.
 */
export const triggerSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ ...shared, kind: z.literal('patch'), parameters: patch.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('blend'), parameters: blend.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('sinusoid'), parameters: sinusoid.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('warp'), parameters: warp.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('stripes'), parameters: stripes.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('text'), parameters: text.parameters.prefault({}) }),
    z.strictObject({ ...shared, kind: z.literal('picture'), parameters: picture.parameters }),
  ],
  { error: ({ input }) => unknownKind(input) },
);

/** The message for a kind that is not in the list; undefined leaves other faults their own message. */
function unknownKind(input: unknown): string | undefined {
  const kind = (input as { kind?: unknown } | null)?.kind;
  if (typeof kind !== 'string' || Object.hasOwn(TRIGGER_KINDS, kind)) return undefined;
  return `there is no trigger of kind "${kind}"; there are ${Object.keys(TRIGGER_KINDS).join(', ')}`;
}

/** A trigger as used: every parameter filled in. */
export type Trigger = z.output<typeof triggerSchema>;

/** A trigger as written: parameters with defaults may be left out. */
export type TriggerInput = z.input<typeof triggerSchema>;
