import { UbtError } from '@ubt/errors';
import { reportSchema, type Report } from './report-schema.js';

/**
 * Parses and checks the text of a report.json; fields this version does not know are dropped.
 *
 * @param place where the text came from, for the error
 * @throws UbtError REPORT_MALFORMED, naming every field that does not fit
 */
export function parseReport(text: string, place: string): Report {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed(place, 'it is not JSON', [], cause);
  }
  const parsed = reportSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const violations = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || 'report',
    reason: issue.message,
  }));
  const [first] = violations;
  throw malformed(place, `${first?.field}: ${first?.reason}`, violations, parsed.error);
}

function malformed(
  place: string,
  why: string,
  violations: { field: string; reason: string }[],
  cause: unknown,
): UbtError {
  return new UbtError('invalid-argument', `${place} is not a UBT report: ${why}.`, {
    code: 'REPORT_MALFORMED',
    fix: 'Give a report.json that a defence run wrote, with schemaVersion 1.',
    violations,
    cause,
  });
}
