import type { Attack } from './attack.js';

/** A word in a corner, like a watermark. */
export const text: Attack = {
  name: 'text',
  title: 'text',
  source: 'a structured trigger that pictures from the web carry by themselves',
  plantings: [{ trigger: { kind: 'text' }, captions: 'natural' }],
};
