import { disposeClip, type ClipModel } from '@ubt/clip';

/**
 * Runs work that makes models on the way: those passed to `keep` stay when it succeeds and are disposed when it
 * fails.
 */
export async function keepOnSuccess<T>(
  work: (keep: (model: ClipModel) => ClipModel) => Promise<T>,
): Promise<T> {
  const made: ClipModel[] = [];
  const keep = (model: ClipModel) => {
    made.push(model);
    return model;
  };
  try {
    return await work(keep);
  } catch (error) {
    made.forEach(disposeClip);
    throw error;
  }
}
