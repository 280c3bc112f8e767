export { atomicWrite, atomicWriteFile } from './atomic-write.js';
export { writeCsv, type CsvValue } from './write-csv.js';
export { forEachParallel } from './for-each-parallel.js';
