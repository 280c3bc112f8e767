export { renderReport, type RenderOptions } from './render-report.js';
export { summariseReport, type ReportSummary, type SummaryTable } from './summary/summarise-report.js';
export { artifactSchema, type Artifact } from './schema/artifact.js';
export { histogramSchema, type Detection, type Histogram } from './schema/detection.js';
export { metricsSchema, type Comparison, type Metrics } from './schema/metrics.js';
export { parseReport } from './schema/parse-report.js';
export { reportJsonSchema, reportSchema, type Report, type StageTime } from './schema/report-schema.js';
export {
  evidenceSchema,
  isThumbnail,
  suspectSchema,
  type Evidence,
  type Selection,
  type Suspect,
} from './schema/selection.js';
export { parseSpans, spanSchema, type Span } from './schema/span.js';
export { unlearningSchema, type Unlearning } from './schema/unlearning.js';
export { verdictWords, type Tone, type VerdictWords } from './sections/verdict-words.js';
