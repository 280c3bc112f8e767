import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const SCRIPT = join(import.meta.dirname, '../scale/many-pairs.mjs');

describe('many-pairs.mjs', () => {
  it('reads and scores a hundred times as many pairs in little more memory', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '20000']);
    const rows = stdout.trim().split('\n').slice(2);
    const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
    expect(cells.map((row) => row[1])).toEqual(['200', '2000', '20000']);
    const [few, , many] = cells.map((row) => Number.parseInt(row[7]!, 10));
    expect(few).toBeGreaterThan(20);
    // Twenty thousand rows with their texts and scores held as objects would take more than this.
    expect(many! - few!).toBeLessThan(100);
  }, 120_000);
});
