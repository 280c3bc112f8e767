import type { Command } from 'commander';
import { leafCommand, setAction, type CliState } from '../cli.js';
import { runReport, type ReportFlags } from '../defence/run-report.js';

/** `ubt report`: draw a report again. */
export function reportCommand(state: CliState): Command {
  const command = leafCommand({
    name: 'report',
    description: 'Draw report.html again from report.json and the trace beside it.',
    examples: [
      ['ubt report ./result', 'the report of a result folder'],
      ['ubt report ./report.json --spans ./trace.jsonl --html ./report.html', 'from single files'],
    ],
  })
    .argument('<path>', 'a result folder, or a report.json')
    .option('--spans <file>', 'spans to draw; trace.jsonl beside the report unless told')
    .option('--html <file>', 'where to write; report.html beside the report unless told');
  return setAction<ReportFlags>(command, state, runReport);
}
