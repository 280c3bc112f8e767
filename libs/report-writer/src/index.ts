export { gatherReport, reportArtifact, type RunRecord } from './gather-report.js';
export { histogram } from './histogram.js';
export { writeReport, type ReportFiles } from './write-report.js';
