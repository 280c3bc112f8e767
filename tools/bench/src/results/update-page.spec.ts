import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { benchResults } from '../../test/sample-results.js';
import { betweenMarkers, updatePage } from './update-page.js';

const PAGE = '# Title\n\n<!-- bench:defence:start -->\n\nstale tables\n\n<!-- bench:defence:end -->\n\nend\n';

describe('updatePage', () => {
  it('replaces what is between the markers and draws the charts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ubt-bench-page-'));
    await mkdir(join(folder, 'results'));
    await writeFile(join(folder, 'page.md'), PAGE);
    for (const regime of ['fine-tuned', 'scratch'] as const) {
      const json = JSON.stringify({ ...benchResults(), regime });
      await writeFile(join(folder, 'results', `defence-${regime}.json`), json);
    }
    await updatePage(join(folder, 'page.md'), join(folder, 'results'));
    const text = await readFile(join(folder, 'page.md'), 'utf8');
    expect(text).not.toContain('stale tables');
    expect(text.indexOf('trained from random weights')).toBeGreaterThan(text.indexOf('bench:defence:start'));
    expect(text.indexOf('fine-tuned from a clean')).toBeGreaterThan(text.indexOf('from random weights'));
    expect(text).toContain('](images/defence-scratch.svg)');
    expect(text.endsWith('<!-- bench:defence:end -->\n\nend\n')).toBe(true);
    expect(await readFile(join(folder, 'images', 'defence-fine-tuned.svg'), 'utf8')).toContain('</svg>');
  });

  it('refuses a page without both markers in order', () => {
    const swapped = '<!-- bench:defence:end --> <!-- bench:defence:start -->';
    expect(() => betweenMarkers(swapped, 'new', 'page.md')).toThrow(
      expect.objectContaining({ code: 'PAGE_WITHOUT_MARKERS' }),
    );
  });
});
