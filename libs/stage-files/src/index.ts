export { openStagePairs, type StagePairs } from './open-stage-pairs.js';
export {
  detectionSummarySchema,
  readDetectionEvidence,
  writeDetectionEvidence,
  type DetectionEvidence,
  type DetectionSummary,
} from './detection.js';
export { readJsonLines, writeJsonLines } from './json-lines.js';
export { parseStageFile, readStageFile } from './parse-stage-file.js';
export {
  readScores,
  scoreRowSchema,
  SCORES_FILES,
  SCORES_FORMATS,
  writeScores,
  type ScoreRow,
  type ScoresFormat,
} from './scores.js';
export { readSelection, selectionSchema, writeSelection, type SelectionFile } from './selection.js';
export { stageWork, stageWorkSchema, type StageWork } from './stage-work.js';
export { writeSuspectFiles, type SuspectPair } from './suspects-csv.js';
