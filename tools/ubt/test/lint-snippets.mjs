// Lints snippets as if each stood in a file of the workspace, in one ESLint for all, outside of Jest's
// sandbox, which cannot load an ESLint configuration. Reads and writes JSON.
import { ESLint } from 'eslint';
import { text } from 'node:stream/consumers';

const snippets = JSON.parse(await text(process.stdin));
const eslint = new ESLint({ cwd: process.argv[2] });
const results = [];
for (const { file, code } of snippets) {
  const [{ messages }] = await eslint.lintText(code, { filePath: file });
  results.push(messages.map(({ ruleId, message }) => ({ ruleId, message })));
}
console.log(JSON.stringify(results));
