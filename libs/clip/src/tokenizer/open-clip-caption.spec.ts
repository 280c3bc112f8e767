import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { FIXTURES } from '../../test/fixtures.js';
import { loadTokenizer } from './load-tokenizer.js';
import { openClipCaption } from './open-clip-caption.js';

/** Written by open_clip: see tools/golden/write_captions.py. */
interface GoldenCaptions {
  readonly captions: string[];
  readonly mended: string[];
  readonly tokens: string[][];
}

const CONTEXT = 16;
let golden: GoldenCaptions;
beforeAll(async () => {
  golden = JSON.parse(await readFile(join(FIXTURES, 'open-clip-captions.json'), 'utf8')) as GoldenCaptions;
});

describe('a caption of an open_clip model', () => {
  it('is mended as open_clip does it', () => {
    expect(golden.captions.map(openClipCaption)).toEqual(golden.mended);
  });

  it('is cut into the tokens that open_clip gives', async () => {
    const tokenizer = await loadTokenizer(join(FIXTURES, 'open-clip-vit'), CONTEXT, 'open-clip');
    expect(golden.captions.map((caption) => tokenizer.tokens(caption))).toEqual(golden.tokens);
    const [caption, tokens] = [golden.captions[0]!, golden.tokens[0]!];
    expect(tokenizer.contentIds(caption).map((id) => tokenizer.decodeToken(id))).toEqual(
      tokens.slice(0, CONTEXT - 2).map((token) => token.replace('</w>', '')),
    );
  });

  it('stays as it is for transformers', async () => {
    const tokenizer = await loadTokenizer(join(FIXTURES, 'open-clip-vit'), CONTEXT, 'hugging-face');
    expect(tokenizer.tokens('the dog’s')).not.toEqual(tokenizer.tokens("the dog's"));
  });

  it('is mended in bounded time, however deep its entities lie', () => {
    const deep = `&${'amp;'.repeat(2_499)}`;
    expect(openClipCaption(deep)).toBe('&');
    expect(openClipCaption('\ud800&#55296;')).toBe('\ufffd\ufffd');
  });
});
