import { context, createContextKey, type Context } from '@opentelemetry/api';

/** What is found out about a call on its way to the handler, for its log line. */
export interface CallFacts {
  caller?: string;
}

const FACTS = createContextKey('ubt.call-facts');

/** A context in which {@link noteCaller} writes into these facts. */
export function withCallFacts(into: Context, facts: CallFacts): Context {
  return into.setValue(FACTS, facts);
}

/** Says who makes the call that is being worked on. */
export function noteCaller(name: string): void {
  const facts = context.active().getValue(FACTS) as CallFacts | undefined;
  if (facts !== undefined) facts.caller = name;
}
