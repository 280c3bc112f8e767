import * as engine from '../src/index.js';

export * from '../src/index.js';

/** Stands in for `@ubt/engine` in the specs that run here: an engine is TensorFlow's unless told otherwise. */
export function startEngine(options: engine.EngineOptions = {}): Promise<engine.Engine> {
  return engine.startEngine({ backend: 'tensorflow', ...options, threads: 1 });
}
