export { atomicWrite, atomicWriteFile } from './atomic-write.js';
export { forEachParallel } from './for-each-parallel.js';
export { openPairs, type OpenPairsOptions } from './pairs/open-pairs.js';
export type { PairManifest, PairRow, SkipReason, SkippedRows } from './pairs/pair-manifest.js';
export { isBelow, realPathBelow, resolveBelow } from './path-roots.js';
export { throwIfCancelled } from './throw-if-cancelled.js';
export { writeCsv, type CsvValue } from './write-csv.js';
