#!/usr/bin/env node
// The `ubt` command. The code is TypeScript and has to be built once.
import { existsSync } from 'node:fs';

const main = new URL('../dist/main.js', import.meta.url);

if (existsSync(main)) {
  await import(main.href);
} else {
  console.error('ubt is not built yet: run "npm run build" in the repository (or "npm run demo").');
  process.exitCode = 1;
}
