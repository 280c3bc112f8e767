export { findTokenConsensus, type TokenConsensus, type TokenEnrichment } from './find-token-consensus.js';
export {
  pairOfRow,
  rankBySuspicion,
  type ScoredPairs,
  type TokenList,
  type TokenLists,
} from './scored-pairs.js';
export { splitBimodal } from './split-bimodal.js';
