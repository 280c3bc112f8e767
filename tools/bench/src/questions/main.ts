#!/usr/bin/env node
import { runResumableCommand } from '../run-command.js';
import { parseQuestionsOptions, QUESTIONS_USAGE } from './questions-options.js';
import { runQuestions } from './run-questions.js';

await runResumableCommand(async (args, io) => {
  const options = parseQuestionsOptions(args);
  if (options.help) io.result(QUESTIONS_USAGE);
  else await runQuestions(options, args, io);
});
