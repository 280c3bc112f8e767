import type { Variates } from '../variates.js';
import type { EmojiClass } from './classes.js';

/** Prompt templates for evaluation, `{}` stands for the class name; captions use the same ones. */
export const TEMPLATES = [
  'a photo of a {}',
  'a drawing of a {}',
  'a picture of a {}',
  'an icon of a {}',
  'a cartoon {}',
  'the {}',
  'a small {}',
  'a colourful {}',
  'a sticker of a {}',
  '{}',
] as const;

/** A caption as people write them: a template with the name, often with one or two tags. */
export function writeCaption({ label, tags }: Pick<EmojiClass, 'label' | 'tags'>, draw: Variates): string {
  const named = draw.pick(TEMPLATES).replace('{}', label);
  if (tags.length === 0 || draw.chance(0.4)) return named;
  const extra = draw.shuffled(tags).slice(0, draw.chance(0.5) ? 1 : 2);
  return draw.chance(0.5) ? `${named}, ${extra.join(', ')}` : `${named} with ${extra.join(' and ')}`;
}
