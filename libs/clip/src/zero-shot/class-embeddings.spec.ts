import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { startEngine, type Engine } from '@ubt/engine';
import { largestDifference } from '../../test/fixtures.js';
import { CONFIG, ids, tokenizer } from '../../test/tiny-clip.js';
import {
  classEmbeddings,
  createClip,
  disposeClip,
  embedTexts,
  zeroShotPredict,
  type ClipModel,
} from '../index.js';

let engine: Engine;
let model: ClipModel;
beforeAll(async () => {
  engine = await startEngine({ threads: 2 });
  model = createClip(CONFIG, 1);
});
afterAll(async () => {
  disposeClip(model);
  await engine.dispose();
});

describe('zero-shot', () => {
  it('averages prompts per class and finds each class by its own embedding', async () => {
    const names = ['cat', 'dog', 'photo'];
    const templates = ['a {}', 'a photo of a {}'];
    const classes = classEmbeddings(model, tokenizer, names, templates);
    const expected = tf.tidy(() => {
      const prompts = ids(templates.map((template) => template.replace('{}', 'dog')));
      const mean = tf.mean(embedTexts(model, prompts), 0);
      return tf.div(mean, tf.norm(mean));
    });
    const rows = await classes.data();
    expect(largestDifference(rows.slice(8, 16), await expected.data())).toBeLessThan(1e-5);
    const predicted = zeroShotPredict(classes, classes);
    expect([...(await predicted.data())]).toEqual([0, 1, 2]);
    tf.dispose([classes, expected, predicted]);
  });

  it('asks for classes and for templates with a place', () => {
    expect(() => classEmbeddings(model, tokenizer, [], ['{}'])).toThrow(
      expect.objectContaining({ code: 'CLASSES_EMPTY' }),
    );
    expect(() => classEmbeddings(model, tokenizer, ['cat'], ['a photo'])).toThrow(
      expect.objectContaining({ code: 'TEMPLATE_INVALID' }),
    );
  });
});
