import { describe, expect, it } from '@jest/globals';
import { eventSubject, parseEventSubject } from './event-subject.js';

describe('eventSubject', () => {
  it('is parsed back into its parts', () => {
    const subject = eventSubject('nightly-7', 'selector', 'completed');
    expect(subject).toBe('ubt.v1.nightly-7.selector.completed');
    expect(parseEventSubject(subject)).toEqual({ runId: 'nightly-7', stage: 'selector', kind: 'completed' });
  });

  it.each([
    'ubt.v1.run.cook.completed',
    'ubt.v1.run.selector.baked',
    'ubt.v2.run.selector.failed',
    'ubt.v1.RUN.selector.failed',
    'ubt.v1.a.b.selector.failed',
  ])('refuses %s', (subject) => expect(parseEventSubject(subject)).toBeUndefined());
});
