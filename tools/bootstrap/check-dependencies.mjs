#!/usr/bin/env node
// Checks what can be checked of the dependencies without asking anybody, then asks the registry for advisories.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from './failure.mjs';
import { workspace } from './workspace.mjs';

/** Licences that may be shipped; LGPL is that of libvips, which sharp loads as a library of its own. */
const LICENCES = [
  ...['MIT', 'Apache-2.0', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD', 'Unlicense', 'BlueOak-1.0.0'],
  ...['LGPL-3.0-or-later', 'CC0-1.0', 'MIT-0', 'Python-2.0'],
];

/**
 * What is wrong with the locked packages: one that is not from a registry or whose content the lock file does not
 * pin, and one that is shipped under a licence nobody has agreed to.
 *
 * @param {Record<string, { version?: string; resolved?: string; integrity?: string; link?: boolean; dev?: boolean; license?: string }>} packages
 * @returns {string[]}
 */
export function findings(packages) {
  return Object.entries(packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
    .flatMap(([path, { integrity, resolved, dev, license }]) => [
      ...(resolved !== undefined && !/^https:\/\//.test(resolved) ? [`${path} comes from ${resolved}`] : []),
      ...(integrity?.startsWith('sha512-') ? [] : [`${path} has no SHA-512 in the lock file`]),
      ...(dev === true || mayBeShipped(license) ? [] : [`${path} has the licence ${license}`]),
    ]);
}

/** @param {string | undefined} expression an SPDX expression */
function mayBeShipped(expression = 'unknown') {
  return expression.split(/ AND /).every((part) =>
    part
      .replace(/[()]/g, '')
      .split(/ OR /)
      .some((licence) => LICENCES.includes(licence.trim())),
  );
}

/**
 * The advisories of `npm audit --json`, or that there was no answer.
 *
 * @param {string} json
 * @returns {{ answered: false; reason: string } | { answered: true; severe: number; all: number }}
 */
export function auditOutcome(json) {
  const answer = parse(json);
  const counts = answer?.metadata?.vulnerabilities;
  if (counts === undefined) {
    return { answered: false, reason: answer?.message ?? answer?.error?.summary ?? 'no answer' };
  }
  return { answered: true, severe: counts.high + counts.critical, all: counts.total };
}

function parse(json) {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** npm's exit code says whether it found anything; what it wrote says that and more. */
function npmAudit() {
  return new Promise((resolve) => {
    const args = ['audit', '--omit=dev', '--json', '--fetch-timeout=20000', '--fetch-retries=1'];
    execFile('npm', args, { cwd: workspace, maxBuffer: 64e6 }, (_error, stdout) => resolve(stdout));
  });
}

async function main() {
  const lock = JSON.parse(await readFile(join(workspace, 'package-lock.json'), 'utf8'));
  const found = findings(lock.packages);
  if (found.length > 0) throw new Failure(`The lock file is not in order:\n${found.join('\n')}`);
  console.log('Lock file: every package pinned by SHA-512, every shipped licence known.');
  const audit = auditOutcome(await npmAudit());
  if (audit.answered && audit.severe > 0) {
    throw new Failure(`npm audit: ${audit.severe} severe advisories. Run "npm audit --omit=dev".`);
  }
  if (audit.answered) return console.log(`npm audit: nothing severe (${audit.all} advisories in all).`);
  // An installation without a way to the advisories is common; silence about it would look like a clean bill.
  const message = `npm audit: NOT DONE, the registry does not answer (${audit.reason}).`;
  if (process.argv.includes('--require-audit')) throw new Failure(message);
  console.log(message);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main().catch((error) => {
    if (!(error instanceof Failure)) throw error;
    console.error(error.message);
    process.exitCode = error.exitCode;
  });
}
