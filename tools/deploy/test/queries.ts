import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DEPLOY } from './manifests.js';

/** An alert as it stands in the chart. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const chart = (path: string) => readFile(join(DEPLOY, 'helm', 'ubt', path), 'utf8');

/** The chart's alerts. */
export async function readAlerts(): Promise<Alert[]> {
  const { groups } = parse(await chart('files/alerts.yaml')) as { groups: { rules: Alert[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

interface Dashboard {
  readonly panels: readonly { id: number; title: string; targets: readonly { expr: string }[] }[];
  readonly templating: { readonly list: readonly { query: string }[] };
}

/** The dashboard in the chart. */
export const readDashboard = async (): Promise<Dashboard> =>
  JSON.parse(await chart('dashboards/ubt.json')) as Dashboard;

/** Metrics and labels that a PromQL expression names. */
export function namesIn(query: string): { metrics: string[]; labels: string[] } {
  const labels = [
    ...[...query.matchAll(/\b(?:by|on|without)\s*\(([^)]*)\)/g)].flatMap(([, list]) => list!.split(',')),
    ...[...query.matchAll(/\{([^}]*)\}/g)].flatMap(([, matchers]) =>
      [...matchers!.matchAll(/(\w+)\s*[=!]/g)].map(([, label]) => label!),
    ),
  ];
  const bare = query
    .replace(/\{[^}]*\}/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|on|without)\s*\([^)]*\)/g, '')
    .replace(/"[^"]*"/g, '');
  // Names of metrics have an underscore; of functions and keywords, these few have one too.
  const words = [...bare.matchAll(/[A-Za-z_:][\w:]*/g)].map(([word]) => word);
  const metrics = words.filter((word) => word.includes('_') && !FUNCTIONS.has(word));
  return { metrics: [...new Set(metrics)], labels: [...new Set(labels.map((label) => label.trim()))] };
}

const FUNCTIONS = new Set([
  'histogram_quantile',
  'absent_over_time',
  'label_values',
  'QUEUE_AGE_WARNING_SECONDS',
]);
