import { createContextKey, context, isSpanContextValid, trace, type Context } from '@opentelemetry/api';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { redactSecrets } from './redact-secrets.js';

export type { Logger } from 'pino';

/** How a service writes its log. */
export interface LoggerOptions {
  /** Name of the service, on every line. */
  readonly name: string;
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Where the lines go; standard output unless told. */
  readonly destination?: DestinationStream;
}

/** A logger of JSON lines, without secrets; lines written inside a span carry `trace_id` and `span_id`. */
export function createLogger({ name, level = 'info', destination }: LoggerOptions): Logger {
  const options = {
    name,
    level,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    mixin: traceIds,
    hooks: { streamWrite: redactSecrets },
  };
  return pino(options, destination ?? standardOutput());
}

/** Lines that cannot be written are kept up to that many characters, then dropped. */
const KEPT_CHARACTERS = 1 << 20;

/** Standard output, which may be a file on a full disk: a service must neither end nor hang because it cannot log. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: STANDARD_OUTPUT, maxLength: KEPT_CHARACTERS });
  const flush = output.flushSync.bind(output);
  let isFailing = false;
  output.on('error', () => (isFailing = true));
  output.on('write', () => (isFailing = false));
  // At the end of the process it would try again for ever.
  output.flushSync = () => isFailing || flush();
  return output;
}

const STANDARD_OUTPUT = 1;

/** A logger that writes nothing. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

const LOGGER = createContextKey('ubt.logger');

/** A context in which {@link activeLogger} finds this logger. */
export function withLogger(into: Context, logger: Logger): Context {
  return into.setValue(LOGGER, logger);
}

/** The logger of the call or event being worked on; a silent one outside. */
export function activeLogger(): Logger {
  return (context.active().getValue(LOGGER) as Logger | undefined) ?? silent;
}

const silent = silentLogger();

function traceIds(): object {
  const span = trace.getSpanContext(context.active());
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}
