import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults } from '../bench-results.js';
import { BASELINES } from '../../defence/baselines/baselines.js';
import { panelPoints, type PanelPoints, type Point } from './panel-points.js';

const PANEL = { width: 220, height: 200, gap: 60 };
const EDGE = { left: 52, top: 34, bottom: 96, right: 20 };
const COLOURS = { victim: '#b42318', defended: '#175cd3', honest: '#067647' };
/** In the order of the baselines. */
const CURVE_COLOURS = ['#b54708', '#6941c6', '#0e7090', '#c11574', '#667085'];
const ATTACK_TICKS = [0, 25, 50, 75, 100];

/** Places on a panel: from per cent to pixels of the picture. */
interface Scale {
  x(accuracy: number): number;
  y(attackSuccess: number): number;
  /** Clean accuracies with a tick. */
  readonly ticks: readonly number[];
}

/**
 * Draws attack success against clean accuracy as an SVG with one panel per attack: the curve of each baseline
 * over its learning rates, the victim, the model after UBT, and a model that was never poisoned. Means over
 * seeds. Pure: the same results give the same bytes.
 */
export function tradeOffChart({ victims }: BenchResults, attacks: readonly Attack[]): string {
  const panels = attacks.map(({ name, title }) => ({
    title,
    points: panelPoints(victims.filter(({ attack }) => attack === name)),
  }));
  const range = accuracyRange(panels.map(({ points }) => points));
  const wanted = EDGE.left + panels.length * (PANEL.width + PANEL.gap) - PANEL.gap + EDGE.right;
  // Narrow pictures still hold the legend.
  const width = Math.max(wanted, EDGE.left + 110 * BASELINES.length + 60);
  const height = EDGE.top + PANEL.height + EDGE.bottom;
  const drawn = panels.map(({ title, points }, at) =>
    drawPanel(title, points, panelScale(EDGE.left + at * (PANEL.width + PANEL.gap), range)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    '<title>Attack success against clean accuracy</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn.flat(),
    ...legend(
      height - 34,
      panels.map(({ points }) => points),
    ),
    '</svg>',
    '',
  ].join('\n');
}

/** Whole fives around every point, the same for all panels. */
function accuracyRange(panels: readonly PanelPoints[]): { low: number; high: number } {
  const values = panels
    .flatMap(({ victim, honest, defended, curves }) => [
      ...[victim, honest],
      ...defended,
      ...curves.flatMap(({ points }) => points),
    ])
    .flatMap((point) => point?.accuracy ?? []);
  if (values.length === 0) return { low: 0, high: 100 };
  const low = 5 * Math.floor((Math.min(...values) - 1) / 5);
  const high = 5 * Math.ceil((Math.max(...values) + 1) / 5);
  return { low: Math.max(0, low), high: Math.min(100, high) };
}

function panelScale(left: number, { low, high }: { low: number; high: number }): Scale {
  const step = high - low > 30 ? 10 : 5;
  const count = Math.floor((high - low) / step) + 1;
  return {
    x: (accuracy) => round(left + (PANEL.width * (accuracy - low)) / (high - low)),
    y: (attackSuccess) => round(EDGE.top + PANEL.height * (1 - attackSuccess / 100)),
    ticks: Array.from({ length: count }, (_, at) => low + step * at),
  };
}

function drawPanel(title: string, points: PanelPoints, scale: Scale): string[] {
  const { victim, honest, defended, curves } = points;
  return [
    ...axes(title, scale),
    ...curves.flatMap(({ baseline, points: run }) => [
      ...curve(run, scale, curveColour(baseline)),
      ...run.map((point) => dot(point, scale, curveColour(baseline))),
    ]),
    ...[victim].flatMap((point) => (point === undefined ? [] : ring(point, scale, COLOURS.victim))),
    ...[honest].flatMap((point) => (point === undefined ? [] : cross(point, scale, COLOURS.honest))),
    ...defended.map((point) => square(point, scale, COLOURS.defended)),
  ];
}

function axes(title: string, { x, y, ticks }: Scale): string[] {
  const [left, right] = [x(ticks[0]!), x(ticks[0]!) + PANEL.width];
  const [top, bottom] = [y(100), y(0)];
  return [
    `<text x="${left}" y="${top - 14}" font-weight="bold" font-size="12">${title}</text>`,
    ...ATTACK_TICKS.map(
      (tick) =>
        `<path d="M${left} ${y(tick)}H${right}" stroke="#e4e7ec"/><text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
    ...ticks.map((tick) => `<text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle">${tick}</text>`),
    `<path d="M${left} ${top}V${bottom}H${right}" fill="none" stroke="#667085"/>`,
    `<text x="${(left + right) / 2}" y="${bottom + 32}" text-anchor="middle">clean accuracy, %</text>`,
    `<text transform="translate(${left - 34} ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">attack success, %</text>`,
  ];
}

const curveColour = (baseline: string) =>
  CURVE_COLOURS[BASELINES.findIndex(({ name }) => name === baseline) % CURVE_COLOURS.length]!;

function curve(points: readonly Point[], { x, y }: Scale, colour: string): string[] {
  if (points.length < 2) return [];
  const way = points.map((point) => `${x(point.accuracy)},${y(point.attackSuccess)}`).join(' ');
  return [`<polyline points="${way}" fill="none" stroke="${colour}" stroke-opacity="0.6"/>`];
}

const dot = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<circle cx="${x(accuracy)}" cy="${y(attackSuccess)}" r="3.5" fill="${colour}"/>`;

const ring = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<circle cx="${x(accuracy)}" cy="${y(attackSuccess)}" r="5" fill="none" stroke="${colour}" stroke-width="2"/>`;

const square = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<rect x="${round(x(accuracy) - 4.5)}" y="${round(y(attackSuccess) - 4.5)}" width="9" height="9" fill="${colour}"/>`;

const cross = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<path d="M${round(x(accuracy) - 5)} ${y(attackSuccess)}h10m-5 -5v10" stroke="${colour}" stroke-width="2"/>`;

/** What each mark stands for, drawn with the marks themselves: models first, baselines that were run on a line of their own. */
function legend(y: number, panels: readonly PanelPoints[]): string[] {
  const isRun = (name: string) =>
    panels.some(({ curves }) => curves.some(({ baseline }) => baseline === name));
  const entry = (
    place: number,
    line: number,
    text: string,
    mark: (point: Point, scale: Scale) => string,
  ): string => {
    const left = EDGE.left + place * 110;
    const middle = y + 18 * line;
    const drawn = mark({ accuracy: 0, attackSuccess: 0 }, { x: () => left, y: () => middle - 4, ticks: [] });
    return `${drawn}<text x="${left + 12}" y="${middle}">${text}</text>`;
  };
  return [
    entry(0, 0, 'victim', (...at) => ring(...at, COLOURS.victim)),
    entry(1, 0, 'after UBT', (...at) => square(...at, COLOURS.defended)),
    entry(2, 0, 'never poisoned', (...at) => cross(...at, COLOURS.honest)),
    ...BASELINES.filter(({ name }) => isRun(name)).map(({ name, title }, at) =>
      entry(at, 1, title, (...place) => dot(...place, curveColour(name))),
    ),
  ];
}

const round = (value: number) => Math.round(10 * value) / 10;
