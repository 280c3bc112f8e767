#!/usr/bin/env node
// Writes the software bill of materials of what is shipped: CycloneDX, from the lock file.
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { workspace } from './workspace.mjs';

/**
 * The bill of materials, as npm makes it of the lock file, for the optional packages of every platform.
 *
 * npm's own `--omit=dev` leaves out what one package ships and another only develops with, so the lock file, which
 * tells the two apart, decides here.
 *
 * @returns {Promise<object>}
 */
export async function billOfMaterials() {
  const args = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
  const bill = JSON.parse(execFileSync('npm', args, { cwd: workspace, encoding: 'utf8', maxBuffer: 64e6 }));
  const { name, packages } = await readLock();
  const shipped = shippedPackages(packages);
  const components = bill.components.filter(({ purl }) => shipped.has(decodeURIComponent(purl)));
  const refs = new Set(components.map((component) => component['bom-ref']));
  refs.add(bill.metadata.component['bom-ref']);
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  // npm calls the root after the folder it happens to lie in.
  const metadata = { ...bill.metadata, component: { ...bill.metadata.component, name } };
  return { ...bill, metadata, components, dependencies };
}

/**
 * Package URLs of what is shipped: the packages that are not for development alone, those of this workspace
 * included.
 *
 * @param {Record<string, { name?: string; version?: string; dev?: boolean; link?: boolean }>} packages
 * @returns {Set<string>}
 */
export function shippedPackages(packages) {
  const nameOf = (path, { name }) => name ?? path.split('node_modules/').at(-1);
  const shipped = Object.entries(packages).filter(([path, { dev, link }]) => path !== '' && !dev && !link);
  return new Set(shipped.map(([path, entry]) => `pkg:npm/${nameOf(path, entry)}@${entry.version}`));
}

async function readLock() {
  return JSON.parse(await readFile(join(workspace, 'package-lock.json'), 'utf8'));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const path = resolve(process.argv[2] ?? join(workspace, 'tmp', 'ubt.cdx.json'));
  const bill = await billOfMaterials();
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `${JSON.stringify(bill, null, 2)}\n`);
  console.log(`${bill.components.length} components in ${path}`);
}
