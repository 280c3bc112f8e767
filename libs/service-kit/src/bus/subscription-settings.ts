import { UbtError } from '@ubt/errors';
import type { SubscribeOptions } from './event-bus.js';

/** Subscribe options with every default filled in. */
export type SubscriptionSettings = Required<Omit<SubscribeOptions, 'onState'>> & {
  readonly onState: (consuming: boolean) => void;
};

/**
 * Checks and completes subscribe options.
 *
 * @throws UbtError `invalid-argument`, code SUBSCRIPTION_INVALID
 */
export function subscriptionSettings(options: SubscribeOptions): SubscriptionSettings {
  const { maxDeliver = 5, ackWaitMs = 30_000, backoffMs = [1_000, 5_000, 30_000], concurrency = 1 } = options;
  const violations = [
    ...(/^[a-z0-9-]{1,64}$/.test(options.durable) ? [] : [violation('durable', 'must be [a-z0-9-]')]),
    ...(options.subjects.length > 0 ? [] : [violation('subjects', 'must name at least one subject')]),
    ...(maxDeliver >= 1 ? [] : [violation('maxDeliver', 'must be 1 or more')]),
    ...(ackWaitMs >= 100 ? [] : [violation('ackWaitMs', 'must be 100 or more')]),
    ...(backoffMs.length > 0 ? [] : [violation('backoffMs', 'must hold at least one pause')]),
    ...(concurrency >= 1 ? [] : [violation('concurrency', 'must be 1 or more')]),
  ];
  if (violations.length > 0) {
    const list = violations.map(({ field, reason }) => `${field} ${reason}`).join(', ');
    const message = `The subscription ${JSON.stringify(options.durable)} is not possible: ${list}.`;
    throw new UbtError('invalid-argument', message, { code: 'SUBSCRIPTION_INVALID', violations });
  }
  const onState = options.onState ?? (() => undefined);
  return { ...options, maxDeliver, ackWaitMs, backoffMs, concurrency, onState };
}

/** Pause before the delivery after this one, in milliseconds. */
export function pauseAfter(attempt: number, { backoffMs }: Pick<SubscriptionSettings, 'backoffMs'>): number {
  return backoffMs[Math.min(attempt, backoffMs.length) - 1]!;
}

function violation(field: string, reason: string) {
  return { field, reason };
}
