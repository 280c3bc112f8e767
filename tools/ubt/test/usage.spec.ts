import { describe, expect, it } from '@jest/globals';
import { workbench } from './run-in-process.js';

const COMMANDS = [
  ...[
    'defend',
    'detect',
    'select',
    'unlearn',
    'evaluate',
    'serve',
    'token',
    'prepare',
    'runs',
    'watch',
    'report',
    'inspect',
    'doctor',
  ],
  ...['redteam data', 'redteam poison', 'redteam train'],
];

describe('ubt', () => {
  it.each(COMMANDS)('%s --help shows examples that start with its own name', async (command) => {
    const bench = await workbench();
    const { code, stdout, stderr } = await bench.run([...command.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('--json');
    expect(stdout).toMatch(new RegExp(`Examples:\\n(.*\\n)*?  \\$ (.*=.* )?ubt ${command}`));
  });

  it('lists every command', async () => {
    const { stdout } = await (await workbench()).run(['--help']);
    for (const command of COMMANDS) expect(stdout).toContain(`  ${command.split(' ')[0]}`);
    expect(stdout).toContain('Exit codes: 0');
  });

  it.each([
    [[], 'no command'],
    [['defnd'], "unknown command 'defnd'"],
    [['defend', '--pairs', 'x', '--out', 'y'], "required option '--model <dir>' not specified"],
    [['doctor', '--no-such'], "unknown option '--no-such'"],
    [['runs', '--limit', 'many'], 'must be a whole number'],
    [['serve', 'everything'], "'everything' is invalid for argument 'service'"],
  ])('refuses %j', async (args, message) => {
    const bench = await workbench();
    const { code, stdout, stderr } = await bench.run(args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain('[USAGE]');
  });

  it('refuses in JSON too', async () => {
    const { code, stdout, stderr } = await (await workbench()).run(['defend', '--json']);
    expect(code).toBe(1);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toMatchObject({
      error: { kind: 'invalid-argument', code: 'USAGE', fix: 'Run "ubt defend --help".', violations: [] },
    });
  });

  it.each([
    ['a model that is not there', ['--model', '/nowhere', '--pairs', '/nowhere'], 'INPUT_NOT_FOUND'],
    ['--eval without --classes', ['--eval', '/tmp'], 'USAGE'],
    ['--trigger alone', ['--trigger', '/tmp/t.json'], 'USAGE'],
    ['some stages elsewhere', ['--detector', 'localhost:1'], 'USAGE'],
    ['a truth file that is not there', ['--truth', '/nowhere'], 'FILE_NOT_FOUND'],
  ])('defend refuses %s', async (_, more, code) => {
    const bench = await workbench();
    const args = ['defend', ...bench.subject, '--out', bench.out, ...more, '--json'];
    const { code: exit, stdout } = await bench.run(args);
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code } });
  });

  it('doctor says what would be used', async () => {
    const { code, stdout } = await (await workbench()).run(['doctor', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: true,
      wouldUse: { backend: 'onnxruntime', device: 'cpu' },
      checks: expect.arrayContaining([expect.objectContaining({ name: 'Node.js', level: 'ok' })]),
    });
  });
});
