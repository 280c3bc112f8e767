import { createHash, randomBytes } from 'node:crypto';

/** Begin of the tokens made here, by which logs and secret scanners know them. */
export const TOKEN_PREFIX = 'ubt_';

/** Shorter ones could be guessed, whatever their digest. */
export const SHORTEST_TOKEN = 32;

/** A new bearer token, of 256 random bits. */
export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(32).toString('base64url');
}

/**
 * What is kept of a token: its SHA-256. Salt and a slow digest protect passwords that people make up; a random
 * token of 256 bits cannot be found by trying, and every call pays for the digest.
 */
export function tokenDigest(token: string): Buffer {
  return createHash('sha256').update(token, 'utf8').digest();
}
