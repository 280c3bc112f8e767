import { expect, it } from '@jest/globals';
import { hostOfTarget, isLoopback } from './is-loopback.js';

it.each(['127.0.0.1', '127.8.9.1', '::1', '[::1]', 'localhost', 'LOCALHOST', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (host) => expect(isLoopback(host)).toBe(true),
);

it.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  'nats',
  'localhost.example',
  '127.0.0.1.example',
  '',
  '::ffff:10.0.0.1',
])('%s may be another one', (host) => expect(isLoopback(host)).toBe(false));

it.each([
  ['localhost:50051', 'localhost'],
  ['[::1]:50051', '[::1]'],
  ['dns:///detector.ubt:50051', 'detector.ubt'],
  ['dns://8.8.8.8/detector:50051', 'detector'],
  ['unix:/run/ubt.sock', 'localhost'],
])('the host of %s is %s', (target, host) => expect(hostOfTarget(target)).toBe(host));
