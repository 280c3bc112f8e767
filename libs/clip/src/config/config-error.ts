import { UbtError } from '@ubt/errors';
import type { z } from 'zod';

/** A config file that says something this library does not implement; `what` names the feature. */
export function unsupportedModel(file: string, what: string): UbtError {
  return new UbtError('unimplemented', `${file} describes ${what}, which is not supported.`, {
    code: 'MODEL_UNSUPPORTED',
    fix: 'Use a CLIP model: a Hugging Face CLIPModel, or an open_clip ViT or ModifiedResNet (RN50 family).',
  });
}

/** A config file that contradicts itself or misses a field. */
export function invalidConfig(file: string, field: string, reason: string): UbtError {
  return new UbtError('invalid-argument', `${file}: ${field}: ${reason}.`, {
    code: 'MODEL_CONFIG_INVALID',
    fix: 'Restore the config file that was saved together with the weights.',
    violations: [{ field: `${file}:${field}`, reason }],
  });
}

/** Runs a zod schema over a parsed config file; every violation names the file and the field. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const violations = result.error.issues.map((issue) => ({
    field: `${file}:${issue.path.join('.') || '(root)'}`,
    reason: issue.message,
  }));
  const [first] = violations;
  throw new UbtError('invalid-argument', `${first?.field ?? file}: ${first?.reason ?? 'invalid'}.`, {
    code: 'MODEL_CONFIG_INVALID',
    fix: 'Restore the config file that was saved together with the weights.',
    violations,
    cause: result.error,
  });
}
