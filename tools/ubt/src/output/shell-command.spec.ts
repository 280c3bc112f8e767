import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { shellCommand } from './shell-command.js';

describe('shellCommand', () => {
  it('gives the shell the very same words', () => {
    const words = ['ubt', 'defend', '--out', "it's here", '$HOME', 'a\nb', '', '--x=1', '`id`'];
    const printed = execFileSync('sh', ['-c', `printf '%s\\0' ${shellCommand(words)}`], { encoding: 'utf8' });
    expect(printed.split('\0').slice(0, -1)).toEqual(words);
  });
});
