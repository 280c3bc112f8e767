import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { UbtError } from '@ubt/errors';
import { fuzz, jsonMutants, mutants, type FuzzResult } from '@ubt/test-kit';
import { z } from 'zod';
import { parseJson } from '../src/checkpoint/parse-json.js';
import { parseSafetensorsHeader } from '../src/checkpoint/safetensors-header.js';
import { parseHfConfig } from '../src/config/hf-config.js';
import { parseOpenClipConfig } from '../src/config/open-clip-config.js';
import { createTokenizer } from '../src/index.js';
import { tensorSpecs } from '../src/model/tensor-specs.js';
import { parseHfPreprocess, parseOpenClipPreprocess } from '../src/preprocess/preprocess.js';
import { tokenizerJsonOf } from '../src/tokenizer/load-tokenizer.js';
import { FIXTURES } from './fixtures.js';

const INPUTS = 2000;
const LIMIT_MS = 300_000;

const fixture = async (name: string) => {
  const bytes = await readFile(join(FIXTURES, name));
  return { bytes, json: (): unknown => JSON.parse(bytes.toString()) };
};

/** As the reader of JSON files does it: what is no JSON is refused in the file's name. */
const parsed = (input: Uint8Array, file: string): unknown => {
  try {
    return parseJson(input);
  } catch (cause) {
    throw new UbtError('invalid-argument', `${file}: ${String(cause)}`, { code: 'JSON_INVALID', cause });
  }
};

const expectNoFault = (result: FuzzResult, leastRefused: number) => {
  expect(result.faults).toEqual([]);
  expect(result.accepted + result.refused).toBe(INPUTS);
  expect(result.refused).toBeGreaterThan(leastRefused);
  expect(result.slowestMs).toBeLessThan(20_000);
  expect(result.grownMiB).toBeLessThan(600);
};

describe('2,000 malformed files of each kind are read or refused by name', () => {
  const openClipFile = z.looseObject({ preprocess_cfg: z.unknown() }).catch({ preprocess_cfg: undefined });
  it.each<[string, (json: unknown) => void]>([
    ['hf-vit/config.json', (json) => void tensorSpecs(parseHfConfig(json))],
    ['hf-vit/preprocessor_config.json', (json) => void parseHfPreprocess(json, 16)],
    ['open-clip-vit/open_clip_config.json', (json) => void tensorSpecs(parseOpenClipConfig(json))],
    ['open-clip-resnet/open_clip_config.json', (json) => void tensorSpecs(parseOpenClipConfig(json))],
    [
      'open-clip-resnet/open_clip_config.json',
      (json) => void parseOpenClipPreprocess(openClipFile.parse(json).preprocess_cfg, 32),
    ],
  ])(
    '%s',
    async (name, parse) => {
      const file = name.slice(name.lastIndexOf('/') + 1);
      const inputs = jsonMutants([(await fixture(name)).json()], INPUTS, 1);
      expectNoFault(await fuzz(inputs, (input) => parse(parsed(input, file)), file), 300);
    },
    LIMIT_MS,
  );

  it(
    'safetensors headers',
    async () => {
      const { bytes } = await fixture('open-clip-vit/open_clip_model.safetensors');
      const headerBytes = Number(bytes.readBigUInt64LE());
      const header = bytes.subarray(8, 8 + headerBytes);
      const dataBytes = bytes.length - 8 - headerBytes;
      function* inputs() {
        yield* jsonMutants([JSON.parse(header.toString())], INPUTS / 2, 2);
        yield* mutants([header], INPUTS / 2, 3);
      }
      const read = (input: Uint8Array) => void parseSafetensorsHeader(input, dataBytes, 'm.safetensors');
      expectNoFault(await fuzz(inputs(), read, 'm.safetensors'), 1500);
    },
    LIMIT_MS,
  );

  it(
    'tokenizer.json',
    async () => {
      const inputs = jsonMutants([(await fixture('hf-vit/tokenizer.json')).json()], INPUTS, 4);
      const read = (input: Uint8Array) => {
        const json = parsed(input, 'tokenizer.json');
        createTokenizer(json, { contextLength: 16 }).encode(['a photo of a cat, two dogs', '']);
      };
      expectNoFault(await fuzz(inputs, read, 'tokenizer.json'), 500);
    },
    LIMIT_MS,
  );

  it(
    'vocab.json and merges.txt',
    async () => {
      const vocab = await fixture('vocab-and-merges/vocab.json');
      const merges = await fixture('vocab-and-merges/merges.txt');
      const read = (input: unknown, text: string) => {
        const json = tokenizerJsonOf(input, text, 'vocab.json');
        createTokenizer(json, { contextLength: 16 }, 'vocab.json').encode(['a photo of a cat']);
      };
      const spoiltVocab = jsonMutants([vocab.json()], INPUTS, 5);
      const byVocab = (input: Uint8Array) => read(parsed(input, 'vocab.json'), merges.bytes.toString());
      expectNoFault(await fuzz(spoiltVocab, byVocab, 'vocab.json'), 500);
      const byMerges = (input: Uint8Array) => read(vocab.json(), Buffer.from(input).toString());
      expectNoFault(await fuzz(mutants([merges.bytes], INPUTS, 6), byMerges, 'vocab.json'), -1);
    },
    LIMIT_MS,
  );
});
