import { InvalidArgumentError } from 'commander';

/** Parses an option that takes a whole number, 0 or above. Which values make sense is the service's to say. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 0 or above.');
  return Number(text);
}

/** Parses an option that takes a finite number. */
export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}
