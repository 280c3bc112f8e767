import { Listr, ListrLogger, ProcessOutput, type ListrDefaultRendererLogLevels } from 'listr2';
import type { TextStream } from '../cli-io.js';
import { printable } from './format.js';
import type { Progress, Step } from './progress.js';

/** The part of a Listr task that is set while it runs. */
interface Task {
  title: string;
  output: string;
  skip(message?: string): void;
}

/** One step: what Listr waits for, how to end it, and what has to be shown once Listr has reached it. */
interface LiveStep {
  readonly title: string;
  readonly ended: Promise<void>;
  readonly end: (failure?: Error) => void;
  task: Task | undefined;
  text: string;
  onStart: (task: Task) => void;
}

/** Progress as a list that redraws itself, with a spinner at the step that runs. */
export function liveProgress(steps: readonly Step[], stream: TextStream): Progress {
  const live = new Map(steps.map(({ key, title }) => [key, liveStep(title)]));
  const list = new Listr(
    [...live.values()].map((step) => ({
      title: step.title,
      task: (_: unknown, task: Task) => start(step, task),
    })),
    optionsFor(stream),
  );
  const shown = list.run().catch(() => undefined);
  const finish = (key: string, text: string, act: (task: Task) => void, failure?: Error) => {
    const step = live.get(key);
    if (step === undefined) return;
    whenStarted(step, (task) => {
      task.title = `${step.title}: ${printable(text)}`;
      act(task);
      step.end(failure);
    });
  };
  return {
    update(key, text) {
      const step = live.get(key);
      if (step === undefined) return;
      step.text = printable(text);
      if (step.task !== undefined) step.task.output = step.text;
    },
    done: (key, text) => finish(key, text, () => undefined),
    skip: (key, why) => finish(key, why, (task) => task.skip()),
    fail: (key, why) => finish(key, why, () => undefined, new Error(why)),
    async close() {
      for (const step of live.values()) step.end(new Error('stopped'));
      await shown;
    },
  };
}

function liveStep(title: string): LiveStep {
  let end: (failure?: Error) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (failure) => (failure === undefined ? resolve() : reject(failure));
  });
  ended.catch(() => undefined);
  return { title, ended, end, task: undefined, text: '', onStart: () => undefined };
}

function start(step: LiveStep, task: Task): Promise<void> {
  step.task = task;
  if (step.text !== '') task.output = step.text;
  step.onStart(task);
  return step.ended;
}

function whenStarted(step: LiveStep, act: (task: Task) => void): void {
  if (step.task === undefined) step.onStart = act;
  else act(step.task);
}

/**
 * Listr is made to draw on the stream given and to leave signals alone. Its own choice of a renderer looks at
 * standard output only, which may well be a file; so whichever it takes is the drawing one.
 */
function optionsFor(stream: TextStream) {
  const terminal = stream as NodeJS.WriteStream;
  const processOutput = new ProcessOutput(terminal, terminal, { leaveEmptyLine: false });
  const drawing = {
    logger: new ListrLogger<ListrDefaultRendererLogLevels>({ useIcons: true, toStderr: [], processOutput }),
    showErrorMessage: false,
    collapseSkips: false,
  };
  return {
    registerSignalListeners: false,
    silentRendererCondition: false,
    renderer: 'default',
    rendererOptions: drawing,
    fallbackRenderer: 'default',
    fallbackRendererOptions: drawing,
  } as const;
}
