import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryDirectory } from '@ubt/test-kit';
import { openOutFolder, RESULTS } from './out-folder.js';

const options = { runId: 'r1', mayHoldFiles: false, replaces: Object.values(RESULTS) };

describe('openOutFolder', () => {
  it('shows nothing before everything is there', async () => {
    const path = join((await temporaryDirectory()).path, 'deep', 'out');
    const out = await openOutFolder(path, options);
    await writeFile(join(out.staging, 'report.json'), '{}');
    expect((await readdir(path)).filter((name) => !name.startsWith('.'))).toEqual([]);
    await out.commit();
    expect(await readdir(path)).toEqual(['report.json']);
  });

  it('leaves no trace of a failure', async () => {
    const parent = (await temporaryDirectory()).path;
    const out = await openOutFolder(join(parent, 'out'), options);
    await writeFile(join(out.staging, 'report.json'), '{}');
    await out.discard();
    expect(await readdir(parent)).toEqual([]);
  });

  it('refuses a folder that holds something, and leaves it as it was', async () => {
    const path = (await temporaryDirectory()).path;
    await writeFile(join(path, 'mine.txt'), 'mine');
    await expect(openOutFolder(path, options)).rejects.toMatchObject({ code: 'OUT_NOT_EMPTY' });
    expect(await readdir(path)).toEqual(['mine.txt']);
  });

  it('is not bothered by what a killed run left behind', async () => {
    const path = (await temporaryDirectory()).path;
    await mkdir(join(path, '.ubt-partial-dead'));
    const out = await openOutFolder(path, options);
    await writeFile(join(out.staging, 'run.json'), '{}');
    await out.commit();
    expect(await readdir(path)).toContain('run.json');
  });

  it('replaces earlier results, those without a successor too, and keeps everything else', async () => {
    const path = (await temporaryDirectory()).path;
    await mkdir(join(path, 'model'));
    await writeFile(join(path, 'report.json'), 'old');
    await writeFile(join(path, 'mine.txt'), 'mine');
    const out = await openOutFolder(path, { ...options, mayHoldFiles: true });
    await writeFile(join(out.staging, 'report.json'), 'new');
    await out.commit();
    expect((await readdir(path)).sort()).toEqual(['mine.txt', 'report.json']);
    expect(await readFile(join(path, 'report.json'), 'utf8')).toBe('new');
  });

  it('says so when it cannot write', async () => {
    const file = join((await temporaryDirectory()).path, 'file');
    await writeFile(file, '');
    await expect(openOutFolder(join(file, 'out'), options)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });
});
