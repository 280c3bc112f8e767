import { join } from 'node:path';

/**
 * Environment of the `ubt` commands that are measured: this process's own, without settings that would change
 * what is measured, and with a data folder inside the cache.
 */
export function productEnvironment(cacheDir: string, threads: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(UBT|OTEL)_/.test(name));
  return {
    ...Object.fromEntries(kept),
    UBT_DATA_DIR: join(cacheDir, 'ubt-data'),
    UBT_THREADS: String(threads),
  };
}
