#!/usr/bin/env node
// Entry of `npm run provide:tensorflow`.
import { Failure } from '../bootstrap/failure.mjs';
import { provide } from './provide.mjs';

try {
  await provide(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
