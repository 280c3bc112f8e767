import { openPairs } from '@ubt/data';
import type { ReadInput } from '../inputs/read-input.js';
import type { Inspection } from './run-inspect.js';

/**
 * Checks every row of a file of pairs; images are not opened.
 *
 * @throws UbtError what `openPairs` throws
 */
export async function inspectPairs({ path, roots, remote }: ReadInput): Promise<Inspection> {
  const manifest = await openPairs(path, { roots, remote });
  try {
    const { total, usable, skipped, columns } = manifest;
    const [first] = await manifest.read([usable[0]!]);
    const reasons = Object.entries(skipped.byReason).map(([reason, rows]) => `${rows} ${reason}`);
    const places = skipped.examples.slice(0, 3).map((example) => example.place);
    return {
      found: { kind: 'pairs', total, usable: usable.length, skipped, columns, first },
      lines: [
        ['pairs', `${usable.length} of ${total} can be used`],
        ...(skipped.count === 0
          ? []
          : [
              [
                'left out',
                `${reasons.join(', ')}: ${places.join(', ')}${skipped.count > 3 ? ' …' : ''}`,
              ] as const,
            ]),
        ['first', `${first!.id}: ${first!.caption}`],
      ],
    };
  } finally {
    await manifest.close();
  }
}
