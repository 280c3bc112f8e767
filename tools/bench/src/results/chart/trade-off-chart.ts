import type { Attack } from '../../defence/scenarios.js';
import type { BenchResults } from '../bench-results.js';
import { panelPoints, type PanelPoints, type Point } from './panel-points.js';

const PANEL = { width: 220, height: 200, gap: 60 };
const EDGE = { left: 52, top: 34, bottom: 78, right: 20 };
const COLOURS = { victim: '#b42318', defended: '#175cd3', fineTuned: '#b54708', honest: '#067647' };
const ATTACK_TICKS = [0, 25, 50, 75, 100];

/** Places on a panel: from per cent to pixels of the picture. */
interface Scale {
  x(accuracy: number): number;
  y(attackSuccess: number): number;
  /** Clean accuracies with a tick. */
  readonly ticks: readonly number[];
}

/**
 * Draws attack success against clean accuracy as an SVG with one panel per attack: the curve of fine-tuning
 * over its learning rates, the victim, the model after UBT, and a model that was never poisoned. Means over
 * seeds. Pure: the same results give the same bytes.
 */
export function tradeOffChart({ victims }: BenchResults, attacks: readonly Attack[]): string {
  const panels = attacks.map(({ name, title }) => ({
    title,
    points: panelPoints(victims.filter(({ attack }) => attack === name)),
  }));
  const range = accuracyRange(panels.map(({ points }) => points));
  const width = EDGE.left + panels.length * (PANEL.width + PANEL.gap) - PANEL.gap + EDGE.right;
  const height = EDGE.top + PANEL.height + EDGE.bottom;
  const drawn = panels.map(({ title, points }, at) =>
    drawPanel(title, points, panelScale(EDGE.left + at * (PANEL.width + PANEL.gap), range)),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    '<title>Attack success against clean accuracy</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...drawn.flat(),
    ...legend(height - 16),
    '</svg>',
    '',
  ].join('\n');
}

/** Whole fives around every point, the same for all panels. */
function accuracyRange(panels: readonly PanelPoints[]): { low: number; high: number } {
  const values = panels
    .flatMap(({ victim, honest, defended, fineTuned }) => [victim, honest, ...defended, ...fineTuned])
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
  const { victim, honest, defended, fineTuned } = points;
  return [
    ...axes(title, scale),
    ...curve(fineTuned, scale),
    ...fineTuned.map((point) => dot(point, scale, COLOURS.fineTuned)),
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

function curve(points: readonly Point[], { x, y }: Scale): string[] {
  if (points.length < 2) return [];
  const way = points.map((point) => `${x(point.accuracy)},${y(point.attackSuccess)}`).join(' ');
  return [`<polyline points="${way}" fill="none" stroke="${COLOURS.fineTuned}" stroke-opacity="0.6"/>`];
}

const dot = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<circle cx="${x(accuracy)}" cy="${y(attackSuccess)}" r="3.5" fill="${colour}"/>`;

const ring = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<circle cx="${x(accuracy)}" cy="${y(attackSuccess)}" r="5" fill="none" stroke="${colour}" stroke-width="2"/>`;

const square = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<rect x="${round(x(accuracy) - 4.5)}" y="${round(y(attackSuccess) - 4.5)}" width="9" height="9" fill="${colour}"/>`;

const cross = ({ accuracy, attackSuccess }: Point, { x, y }: Scale, colour: string) =>
  `<path d="M${round(x(accuracy) - 5)} ${y(attackSuccess)}h10m-5 -5v10" stroke="${colour}" stroke-width="2"/>`;

/** What each mark stands for, drawn with the marks themselves. */
function legend(y: number): string[] {
  const at = (left: number): [Point, Scale] => [
    { accuracy: 0, attackSuccess: 0 },
    { x: () => left, y: () => y - 4, ticks: [] },
  ];
  const entries = [
    { mark: ring(...at(EDGE.left), COLOURS.victim), left: EDGE.left, text: 'victim' },
    { mark: square(...at(EDGE.left + 80), COLOURS.defended), left: EDGE.left + 80, text: 'after UBT' },
    {
      mark: dot(...at(EDGE.left + 180), COLOURS.fineTuned),
      left: EDGE.left + 180,
      text: 'after fine-tuning, by learning rate',
    },
    { mark: cross(...at(EDGE.left + 400), COLOURS.honest), left: EDGE.left + 400, text: 'never poisoned' },
  ];
  return entries.map(({ mark, left, text }) => `${mark}<text x="${left + 12}" y="${y}">${text}</text>`);
}

const round = (value: number) => Math.round(10 * value) / 10;
