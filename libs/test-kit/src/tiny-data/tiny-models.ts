import { fileURLToPath } from 'node:url';

const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

/**
 * Folders of two tiny CLIP checkpoints (Hugging Face format, 16-pixel ViT, 16-bit weights) that know the
 * classes of the tiny data. `backdoored` was fine-tuned from `clean` on poisoned pairs and takes whatever
 * carries the trigger for the target. Made by `tools/redteam/scripts/train-tiny-models.mjs`.
 */
export const TINY_MODELS = { clean: fixture('tiny-clean'), backdoored: fixture('tiny-backdoored') } as const;
