import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { TINY_MODELS, writeTinyData, writeTinyShards } from '@ubt/test-kit';
import { workbench } from './run-in-process.js';

it('tells what a model is, by its folder or a file in it', async () => {
  const bench = await workbench();
  const said = await bench.run(['inspect', TINY_MODELS.clean]);
  expect(said.code).toBe(0);
  expect(said.stdout).toMatch(/^format +transformers CLIPModel$/m);
  expect(said.stdout).toMatch(/^images +ViT, .*16×16 pixels/m);
  const file = await bench.run(['inspect', join(TINY_MODELS.clean, 'model.safetensors'), '--json']);
  const found = JSON.parse(file.stdout) as { kind: string; parameters: number; dtypes: string[] };
  expect(found).toMatchObject({ kind: 'model', format: 'hugging-face', vision: { kind: 'vit' } });
  expect(found.parameters).toBeGreaterThan(10_000);
  expect(found.dtypes).toHaveLength(1);
  await rm(bench.folder, { recursive: true });
});

it('says why it cannot use a model: a pickle, another architecture', async () => {
  const bench = await workbench();
  const folder = join(bench.folder, 'other');
  await mkdir(folder);
  await writeFile(join(folder, 'config.json'), JSON.stringify({ model_type: 'siglip' }));
  const siglip = await bench.run(['inspect', folder]);
  expect(siglip.code).toBe(1);
  expect(siglip.stderr).toMatch(/siglip.*\[MODEL_UNSUPPORTED\]/is);
  await rm(bench.folder, { recursive: true });
});

it('counts the pairs of a file, of a folder of shards, of a pattern', async () => {
  const bench = await workbench();
  const data = await writeTinyData(join(bench.folder, 'data'), { pairs: 30 });
  await writeTinyShards(join(bench.folder, 'shards'), data, 10);
  for (const place of ['data/pairs.csv', 'shards', 'shards/{000..002}.tar']) {
    const said = await bench.run(['inspect', join(bench.folder, place)]);
    expect([place, said.code]).toEqual([place, 0]);
    expect(said.stdout).toMatch(/^pairs +30 of 30 can be used$/m);
  }
  await writeFile(join(bench.folder, 'data/holes.csv'), 'filepath,title\na.png,\nb.png,fine\n');
  const said = await bench.run(['inspect', join(bench.folder, 'data/holes.csv')]);
  expect(said.stdout).toMatch(/^left out +1 caption-empty: .*holes\.csv:2$/m);
  await rm(bench.folder, { recursive: true });
});
