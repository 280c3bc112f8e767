import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UbtError } from '@ubt/errors';
import { replaceSection } from '../results/update-page.js';
import type { QuestionResults } from './case-result.js';
import { QUESTIONS } from './questions.js';
import { renderQuestion } from './render-question.js';

/**
 * Puts the tables of all committed answers between the markers of a page, in the order of the questions, and names
 * those that were not run.
 *
 * @param folder of the results' JSON files
 * @throws UbtError `PAGE_WITHOUT_MARKERS`
 */
export async function updateQuestionsPage(page: string, folder: string): Promise<void> {
  const sections: string[] = [];
  const missing: string[] = [];
  for (const question of QUESTIONS) {
    const results = await readResults(join(folder, `questions-${question.name}.json`));
    if (results === undefined) missing.push(`- \`${question.name}\`: ${question.title}. ${question.asks}`);
    else sections.push(renderQuestion(question, results));
  }
  if (missing.length > 0) sections.push(['## Not run yet\n', ...missing, ''].join('\n'));
  await replaceSection(page, sections.join('\n'), 'questions');
}

async function readResults(path: string): Promise<QuestionResults | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as QuestionResults;
  } catch (error) {
    if (UbtError.from(error).code === 'FILE_NOT_FOUND') return undefined;
    throw error;
  }
}
