import { readFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createTokenizer, learnTokenizer, loadTokenizer } from '../index.js';
import { FIXTURES } from '../../test/fixtures.js';

interface GoldenTokens {
  readonly captions: string[];
  readonly ids: number[][];
  readonly tokens: string[][];
}

const CONTEXT = 16;

async function golden(): Promise<GoldenTokens> {
  return JSON.parse(await readFile(join(FIXTURES, 'hf-vit.tokens.json'), 'utf8')) as GoldenTokens;
}

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ubt-tokenizer-'));
});
afterAll(() => rm(dir, { recursive: true }));

describe.each(['hf-vit', 'vocab-and-merges'])('the tokenizer of %s', (folder) => {
  it('encodes captions to the ids that transformers gives', async () => {
    const { captions, ids } = await golden();
    const tokenizer = await loadTokenizer(join(FIXTURES, folder), CONTEXT, 'hugging-face');
    const encoded = tokenizer.encode(captions);
    expect(captions.map((_, row) => [...encoded.subarray(row * CONTEXT, (row + 1) * CONTEXT)])).toEqual(ids);
  });

  it('cuts captions into the tokens that transformers gives', async () => {
    const { captions, tokens } = await golden();
    const tokenizer = await loadTokenizer(join(FIXTURES, folder), CONTEXT, 'hugging-face');
    expect(captions.map((caption) => tokenizer.tokens(caption))).toEqual(tokens);
  });
});

describe('a tokenizer', () => {
  it('gives the content ids that stand between begin and end', async () => {
    const tokenizer = await loadTokenizer(join(FIXTURES, 'hf-vit'), CONTEXT, 'hugging-face');
    const [caption] = ['the dog sleeps'];
    const ids = tokenizer.contentIds(caption!);
    const row = [...tokenizer.encode([caption!])];
    expect(row.slice(0, ids.length + 2)).toEqual([tokenizer.beginId, ...ids, tokenizer.endId]);
    expect(row.slice(ids.length + 2).every((id) => id === tokenizer.padId)).toBe(true);
    expect(tokenizer.contentIds('dog '.repeat(50))).toHaveLength(CONTEXT - 2);
  });

  it('reads tokens back as text, bytes included', async () => {
    const tokenizer = await loadTokenizer(join(FIXTURES, 'hf-vit'), CONTEXT, 'hugging-face');
    expect(tokenizer.contentIds('a photo').map((id) => tokenizer.decodeToken(id))).toEqual(
      tokenizer.tokens('a photo').map((token) => token.replace('</w>', '')),
    );
    expect(tokenizer.decodeToken(tokenizer.endId)).toBe('<|endoftext|>');
    expect(tokenizer.decodeToken(10_000_000)).toBe('');
  });

  it('encodes to a shorter length on request', async () => {
    const tokenizer = await loadTokenizer(join(FIXTURES, 'hf-vit'), CONTEXT, 'hugging-face');
    const short = tokenizer.encode(['a photo of a cat'], 4);
    expect(short).toHaveLength(4);
    expect(short[3]).toBe(tokenizer.endId);
  });

  it('pads with the token that the folder names', async () => {
    const source = join(FIXTURES, 'hf-vit');
    await writeFile(join(dir, 'tokenizer.json'), await readFile(join(source, 'tokenizer.json')));
    await writeFile(join(dir, 'tokenizer_config.json'), JSON.stringify({ pad_token: { content: '!' } }));
    const tokenizer = await loadTokenizer(dir, CONTEXT, 'hugging-face');
    expect(tokenizer.decodeToken(tokenizer.padId)).toBe('!');
    expect(tokenizer.encode(['a'])[CONTEXT - 1]).toBe(tokenizer.padId);
  });

  it.each([
    [
      'a regular expression that is not CLIP’s',
      'TOKENIZER_UNSUPPORTED',
      (json: Json) => {
        json['pre_tokenizer'] = {
          type: 'Split',
          pattern: { Regex: '(a+)+$' },
          behavior: 'Removed',
          invert: true,
        };
      },
    ],
    [
      'another kind of model',
      'TOKENIZER_INVALID',
      (json: Json) => {
        json['model'] = { type: 'WordPiece', vocab: {} };
      },
    ],
    [
      'no end token',
      'TOKENIZER_INVALID',
      (json: Json) => {
        json['added_tokens'] = [];
        const { vocab } = json['model'] as { vocab: Record<string, number> };
        delete vocab['<|endoftext|>'];
      },
    ],
    [
      'an id out of range',
      'TOKENIZER_INVALID',
      (json: Json) => {
        const { vocab } = json['model'] as { vocab: Record<string, number> };
        vocab['!'] = 2 ** 40;
      },
    ],
    [
      'an unknown kind of normaliser',
      'TOKENIZER_INVALID',
      (json: Json) => {
        json['normalizer'] = { type: 'Shout' };
      },
    ],
  ] as const)('is refused with %s', async (_, code, spoil) => {
    const json = JSON.parse(await readFile(join(FIXTURES, 'hf-vit/tokenizer.json'), 'utf8')) as Json;
    spoil(json);
    const make = (): unknown => createTokenizer(json, { contextLength: CONTEXT });
    expect(make).toThrow(expect.objectContaining({ code }));
  });

  it('is missed by name in a folder without one', async () => {
    await expect(loadTokenizer(FIXTURES, CONTEXT, 'hugging-face')).rejects.toMatchObject({
      code: 'TOKENIZER_MISSING',
    });
  });
});

type Json = Record<string, unknown>;

describe('learnTokenizer', () => {
  const captions = Array.from(
    { length: 40 },
    (_, n) => `a photo of a ${n % 2 ? 'banana' : 'café'} number ${n}`,
  );

  it('learns whole words, encodes any text, and repeats itself', () => {
    const json = learnTokenizer(captions, { vocabSize: 560 });
    const tokenizer = createTokenizer(json, { contextLength: 12 });
    expect(tokenizer.vocabSize).toBeLessThanOrEqual(560);
    expect(tokenizer.tokens('a Banana')).toEqual(['a</w>', 'banana</w>']);
    expect(tokenizer.endId).toBe(tokenizer.vocabSize - 1);
    const unseen = tokenizer.contentIds('日本 ß');
    expect(unseen).not.toContain(tokenizer.endId);
    expect(Buffer.from(unseen.map((id) => tokenizer.decodeToken(id)).join('')).length).toBeGreaterThan(0);
    expect(JSON.stringify(learnTokenizer(captions, { vocabSize: 560 }))).toBe(JSON.stringify(json));
  });

  it('stops when no pair occurs twice', () => {
    const json = learnTokenizer(['ab cd'], { vocabSize: 5000 }) as { model: { merges: unknown[] } };
    expect(json.model.merges).toEqual([]);
  });

  it('needs room for every byte', () => {
    const small = (): unknown => learnTokenizer(captions, { vocabSize: 513 });
    expect(small).toThrow(expect.objectContaining({ code: 'VOCAB_TOO_SMALL' }));
  });
});
