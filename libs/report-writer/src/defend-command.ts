import { fileURLToPath } from 'node:url';
import type { Artifact, Report } from '@ubt/report';

/** The shell command that repeats a run with these inputs. */
export function defendCommand({ model, referenceModel, pairs, evaluation }: Report['inputs']): string {
  const options: [string, Artifact | undefined][] = [
    ['--model', model],
    ['--pairs', pairs],
    ['--reference', referenceModel],
    ['--eval', evaluation?.images],
    ['--classes', evaluation?.classes],
    ['--templates', evaluation?.templates],
    ['--trigger', evaluation?.trigger],
  ];
  const given = options.filter((option): option is [string, Artifact] => option[1] !== undefined);
  return [
    'npx ubt defend',
    ...given.map(([name, { uri }]) => `${name} ${quoted(place(uri))}`),
    '--out defended',
  ].join(' ');
}

function place(uri: string): string {
  return uri.startsWith('file:') ? fileURLToPath(uri) : uri;
}

/** Quoted for a POSIX shell where it needs to be. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
