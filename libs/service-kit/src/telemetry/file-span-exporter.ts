import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { spanToJson } from './span-json.js';

/**
 * Appends each finished span to a file as one line of JSON (a `SpanJson`). Several exporters, in one
 * process or in many, may share the file: each batch is one append.
 */
export function fileSpanExporter(path: string): SpanExporter {
  let pending: Promise<void> = mkdir(dirname(path), { recursive: true }).then(() => undefined);
  return {
    export(spans: ReadableSpan[], done: (result: ExportResult) => void) {
      const lines = spans.map((span) => `${JSON.stringify(spanToJson(span))}\n`).join('');
      pending = pending.catch(() => undefined).then(() => appendFile(path, lines));
      pending.then(
        () => done({ code: ExportResultCode.SUCCESS }),
        (error: Error) => done({ code: ExportResultCode.FAILED, error }),
      );
    },
    forceFlush: () => pending,
    shutdown: () => pending,
  };
}
