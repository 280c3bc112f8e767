import type { SeededRandom } from '@ubt/engine';

const TREES = 100;
const SAMPLE = 256;

/** A node of an isolation tree. */
type Node =
  | { readonly size: number }
  | { readonly axis: number; readonly cut: number; readonly low: Node; readonly high: Node };

/**
 * Isolation forest (Liu, Ting, Zhou 2008): points that few random cuts set apart are outliers. 100 trees on 256
 * points each, as in the paper.
 *
 * @returns one score in (0, 1) per point; above 0.5 is easier to isolate than the average
 */
export function isolationForest(points: readonly Float32Array[], random: SeededRandom): number[] {
  const sample = Math.min(SAMPLE, points.length);
  const depth = Math.ceil(Math.log2(Math.max(2, sample)));
  const trees = Array.from({ length: TREES }, () => grow(drawn(points, sample, random), depth, random));
  const usual = expectedPath(sample);
  return points.map((point) => {
    const mean = trees.reduce((sum, tree) => sum + pathLength(tree, point), 0) / TREES;
    return 2 ** (-mean / Math.max(usual, 1e-9));
  });
}

/** Points drawn without putting back (a partial Fisher-Yates shuffle). */
function drawn(points: readonly Float32Array[], count: number, random: SeededRandom): Float32Array[] {
  const pool = [...points];
  for (let at = 0; at < count; at++) {
    const other = at + random.int(pool.length - at);
    [pool[at], pool[other]] = [pool[other]!, pool[at]!];
  }
  return pool.slice(0, count);
}

function grow(points: readonly Float32Array[], depth: number, random: SeededRandom): Node {
  if (depth === 0 || points.length < 2) return { size: points.length };
  const axis = random.int(points[0]!.length);
  const values = points.map((point) => point[axis]!);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (least === most) return { size: points.length };
  const cut = random.uniform(least, most);
  return {
    ...{ axis, cut },
    low: grow(
      points.filter((point) => point[axis]! < cut),
      depth - 1,
      random,
    ),
    high: grow(
      points.filter((point) => point[axis]! >= cut),
      depth - 1,
      random,
    ),
  };
}

function pathLength(tree: Node, point: Float32Array): number {
  let [node, length] = [tree, 0];
  while ('axis' in node) {
    node = point[node.axis]! < node.cut ? node.low : node.high;
    length += 1;
  }
  return length + expectedPath(node.size);
}

/** Mean path of an unsuccessful search in a binary tree of so many points (equation 1). */
function expectedPath(size: number): number {
  if (size <= 1) return 0;
  return 2 * (Math.log(size - 1) + 0.5772156649) - (2 * (size - 1)) / size;
}
