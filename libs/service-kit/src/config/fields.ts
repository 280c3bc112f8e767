import { z } from 'zod';

/** A TCP port; 0 asks the system for a free one. */
export const portField = (port: number) => z.coerce.number().int().min(0).max(65535).default(port);

/** An integer inside bounds, both included. */
export const integerField = (from: number, to: number, byDefault: number) =>
  z.coerce.number().int().min(from).max(to).default(byDefault);

/** A switch: true, 1, yes, on, or false, 0, no, off. */
export const flagField = (byDefault: boolean) => z.stringbool().default(byDefault);

/** A comma-separated list; blanks around items and empty items are dropped. */
export const listField = (byDefault: readonly string[] = []) =>
  z
    .string()
    .transform((text) => splitList(text))
    .default([...byDefault])
    .meta({ allowed: 'comma-separated list' });

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
