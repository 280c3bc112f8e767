#!/usr/bin/env node
// Entry of `npm run demo` and `npm test`. Needs nothing but Node.js and npm: it runs before any dependency
// is installed, so it and its modules import only Node's own.
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`UBT needs Node.js 20.19 or newer; this is ${process.version}. Install a newer Node.js.`);
  process.exit(1);
}

const { bootstrap } = await import('./bootstrap.mjs');
process.exitCode = await bootstrap(process.argv[2]);
