import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DEPLOY } from './manifests.js';
import { readAlerts } from './queries.js';

describe('the runbook', () => {
  it('has a section for each alert and none else, and the alerts lead there', async () => {
    const text = await readFile(join(DEPLOY, '..', 'docs', 'runbook.md'), 'utf8');
    const sections = [...text.matchAll(/^## (\S+)$/gm)].map(([, name]) => name!);
    const alerts = await readAlerts();
    expect(alerts.length).toBeGreaterThan(8);
    expect(sections.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
    for (const { alert, annotations, labels } of alerts) {
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
      expect(annotations.summary).toBeTruthy();
      expect(['warning', 'critical']).toContain(labels.severity);
    }
  });
});
