export { parseBenchOptions, type BenchOptions, type Part } from './bench-options.js';
export { runDefenceBench } from './defence/run-defence-bench.js';
export type { BenchIo } from './run-command.js';
export type { BenchResults, Measures, UnpoisonedResult, VictimResult } from './results/bench-results.js';
export { renderResults } from './results/render-results.js';
export { BASELINES, VICTIM_RECIPE, type VictimRecipe } from './victim-recipe.js';
