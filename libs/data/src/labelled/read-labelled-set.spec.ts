import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { labelledBatches, readClasses, readClassNames, readLabelledSet, readTemplates } from '../index.js';

let folder = '';
const write = async (name: string, content: string) => {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ubt-labelled-'));
  for (const [name, level] of [
    ['red_apple', 1],
    ['banana', 2],
  ] as const) {
    await mkdir(join(folder, 'set', name), { recursive: true });
    for (const file of ['b.png', 'a.png']) {
      await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: level, g: 0, b: 0 } } })
        .png()
        .toFile(join(folder, 'set', name, file));
    }
    await write(`set/${name}/notes.txt`, 'not an image');
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('readLabelledSet', () => {
  it('reads one folder per class', async () => {
    const set = await readLabelledSet(join(folder, 'set'));
    expect(set.classes).toEqual(['banana', 'red apple']);
    expect(set.images.map(({ label }) => label)).toEqual([0, 0, 1, 1]);
  });

  it('reads a CSV by names or places, in the order of the given classes', async () => {
    const classes = ['red apple', 'pear', 'banana'];
    const named = await write('named/labels.csv', 'filepath,label\n../set/banana/a.png,Banana\n');
    const roots = [join(folder, 'set')];
    expect((await readLabelledSet(named, { classes, roots })).images[0]!.label).toBe(2);
    await write('placed/labels.csv', 'image,class\n../set/red_apple/a.png,0\n');
    const placed = await readLabelledSet(join(folder, 'placed'), { classes, roots });
    expect(placed).toMatchObject({ classes, images: [{ label: 0 }] });
  });

  it('decodes in batches with their labels', async () => {
    const set = await readLabelledSet(join(folder, 'set'));
    const preprocess = { size: 4, cropSize: 4, resizeMode: 'squash', interpolation: 'bicubic' } as const;
    const seen: number[][] = [];
    for await (const { indices, labels, pixels } of labelledBatches(set, { preprocess, batchSize: 3 })) {
      indices.forEach((index, at) => seen.push([index, labels[at]!, pixels[at * 48]!]));
    }
    expect(seen).toEqual([
      [0, 0, 2],
      [1, 0, 2],
      [2, 1, 1],
      [3, 1, 1],
    ]);
  });

  it('names what is wrong', async () => {
    const roots = [join(folder, 'set')];
    const unknown = await write('unknown/labels.csv', 'filepath,label\n../set/banana/a.png,pear\n');
    await expect(readLabelledSet(unknown, { classes: ['banana'], roots })).rejects.toMatchObject({
      code: 'LABEL_UNKNOWN',
      message: expect.stringContaining('"pear"'),
    });
    await mkdir(join(folder, 'hollow'));
    await expect(readLabelledSet(join(folder, 'hollow'))).rejects.toMatchObject({ code: 'LABELS_EMPTY' });
    await expect(readLabelledSet(join(folder, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const columns = await write('columns/labels.csv', 'filepath,title\na.png,x\n');
    await expect(readLabelledSet(columns)).rejects.toMatchObject({ code: 'PAIRS_COLUMN_MISSING' });
  });
});

describe('class names and templates', () => {
  it('are read line by line', async () => {
    expect(await readClassNames(await write('c.txt', '\ufeffbanana\r\n\r\n red apple \n'))).toEqual([
      'banana',
      'red apple',
    ]);
    expect(await readTemplates(await write('t.txt', 'a {}\n{}\n'))).toEqual(['a {}', '{}']);
  });

  it('are read as others write them: ImageNet lists, JSON, Python lists, functions', async () => {
    const read = async (text: string) => readClasses(await write('other.txt', text));
    const words = 'n01440764 tench, Tinca tinca\nn02012849 crane\nn03126707 crane\n';
    const ids = ['n01440764', 'n02012849', 'n03126707'];
    expect(await read(words)).toEqual({ names: ['tench', 'crane', 'crane'], ids });
    const index = { 0: ['n01440764', 'tench'], 1: ['n02012849', 'crane_bird'] };
    expect(await read(JSON.stringify(index))).toEqual({
      names: ['tench', 'crane bird'],
      ids: ids.slice(0, 2),
    });
    expect(await read('["tench", "red apple"]')).toEqual({ names: ['tench', 'red apple'] });
    expect(await read("classes = [\n    'tench', \"jack-o'-lantern\",\n    'drake',\n]\n")).toEqual({
      names: ['tench', "jack-o'-lantern", 'drake'],
    });
    const lambdas = "templates = (\n    lambda c: f'a bad photo of a {c}.',\n    lambda c: f'the {c}.',\n)\n";
    expect(await readTemplates(await write('clip.py', lambdas))).toEqual(['a bad photo of a {}.', 'the {}.']);
    const published = "templates = [\n    'itap of a {}.',\n    'art of the {}.',\n]";
    expect(await readTemplates(await write('list.py', published))).toEqual([
      'itap of a {}.',
      'art of the {}.',
    ]);
  });

  it('let the folders of ImageNet be named by their identifiers', async () => {
    await write('wnid/n02012849/a.png', 'x');
    await write('wnid/n03126707/b.png', 'x');
    const classes = ['crane', 'crane'];
    const set = await readLabelledSet(join(folder, 'wnid'), {
      classes,
      classIds: ['n02012849', 'n03126707'],
    });
    expect(set.images.map(({ label }) => label)).toEqual([0, 1]);
  });

  it('are refused with the line at fault', async () => {
    await expect(readClassNames(await write('d.txt', 'a\nb\na\n'))).rejects.toMatchObject({
      code: 'CLASSES_INVALID',
      message: expect.stringContaining('d.txt:3'),
    });
    await expect(readTemplates(await write('u.txt', '{}\na photo\n'))).rejects.toMatchObject({
      code: 'TEMPLATES_INVALID',
      message: expect.stringContaining('u.txt:2'),
    });
    await expect(readClassNames(await write('e.txt', '\n'))).rejects.toMatchObject({
      code: 'CLASSES_INVALID',
    });
  });
});
