import { startTelemetry } from '../src/index.js';
import { runPipeline } from './pipeline.js';

/** Runs the pipeline with the collector at the address given, and tells the parent how long the end took. */
const telemetry = await startTelemetry({
  serviceName: 'ubt-test',
  exporter: 'otlp',
  otlpEndpoint: process.argv[2]!,
});
await runPipeline(telemetry);
const started = performance.now();
await telemetry.shutdown();
process.send!({ shutdownMs: performance.now() - started }, () => process.disconnect());
