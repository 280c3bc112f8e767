import { variates } from '../variates.js';
import { writeCaption } from './captions.js';
import type { EmojiClass } from './classes.js';
import type { EmojiParameters } from './emoji-options.js';
import { TEST_VIEWS, TRAIN_VIEWS, drawView, type View } from './warp-drawing.js';

/** Random streams of their own, so that changing one thing leaves the others as they are. */
const STREAM = { order: 1, trainView: 2, testView: 3, caption: 4, noise: 5 } as const;

/** A training pair to be made. */
export interface PlannedPair {
  readonly file: string;
  readonly label: string;
  readonly caption: string;
  readonly wrongCaption: boolean;
}

/** One drawing and the image files to make of it. */
export interface DrawingJob {
  readonly svg: string;
  readonly views: readonly { readonly file: string; readonly view: View }[];
}

/** All that the data set will hold, before anything is drawn. */
export interface EmojiPlan {
  readonly pairs: readonly PlannedPair[];
  readonly tests: readonly { readonly file: string; readonly label: string }[];
  readonly jobs: readonly DrawingJob[];
}

/** Decides every pair, view, caption and file name. Pure: the same arguments give the same plan. */
export function planEmojiData(classes: readonly EmojiClass[], parameters: EmojiParameters): EmojiPlan {
  const train = planTraining(classes, parameters);
  const test = planTesting(classes, parameters);
  return { pairs: train.pairs, tests: test.tests, jobs: [...train.jobs, ...test.jobs] };
}

function planTraining(classes: readonly EmojiClass[], parameters: EmojiParameters) {
  const { seed, pairs: count } = parameters;
  const drawings = classes.flatMap((one) => one.train.map((svg) => ({ one, svg })));
  // Place p of the unshuffled list is variant floor(p / drawings) of drawing p mod drawings.
  const order = variates(seed, STREAM.order).shuffled(Array.from({ length: count }, (_, place) => place));
  const views: DrawingJob['views'][number][][] = drawings.map(() => []);
  const pairs = order.map((place, row) => {
    const drawing = place % drawings.length;
    const file = `images/${fileNumber(row)}.png`;
    views[drawing]!.push({ file, view: drawView(TRAIN_VIEWS, variates(seed, STREAM.trainView, place)) });
    return { file, ...caption(classes, drawings[drawing]!.one, parameters, place) };
  });
  return { pairs, jobs: drawings.map(({ svg }, index) => ({ svg, views: views[index]! })) };
}

function caption(
  classes: readonly EmojiClass[],
  shown: EmojiClass,
  { seed, naturalNoise }: EmojiParameters,
  place: number,
) {
  const noise = variates(seed, STREAM.noise, place);
  const wrongCaption = noise.chance(naturalNoise);
  const named = wrongCaption ? noise.pick(classes.filter((other) => other !== shown)) : shown;
  const text = writeCaption(named, variates(seed, STREAM.caption, place));
  return { label: shown.label, caption: text, wrongCaption };
}

function planTesting(classes: readonly EmojiClass[], { seed, testViews }: EmojiParameters) {
  const jobs = classes.map(({ test, label }, index) => ({
    label,
    svg: test,
    views: Array.from({ length: testViews }, (_, view) => ({
      file: `eval/images/${fileNumber(index * testViews + view)}.png`,
      view: drawView(TEST_VIEWS, variates(seed, STREAM.testView, index, view)),
    })),
  }));
  const tests = jobs.flatMap(({ label, views }) => views.map(({ file }) => ({ file, label })));
  return { jobs: jobs.map(({ svg, views }) => ({ svg, views })), tests };
}

function fileNumber(row: number): string {
  return String(row).padStart(6, '0');
}
