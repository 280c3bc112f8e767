/** What secrets look like, wherever they turn up; the first group stays. */
const SECRETS: readonly RegExp[] = [
  // Tokens made by "ubt token".
  /()\bubt_[A-Za-z0-9_-]{20,}/g,
  /(\bbearer\s+)[^\s"',;\\]{16,}/gi,
  /(\bauthorization\\?["']?\s*[:=]\s*\\?["']?)(?!bearer\b)[^"'\\\n]+/gi,
  // User and password in a URL.
  /(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@"'\\]+@/gi,
  // Private keys and NATS credentials, also with the line breaks that JSON escapes.
  /()-----BEGIN (?:[A-Z0-9]+ )*(?:PRIVATE KEY|NKEY SEED|NATS USER JWT)-----[^"]*?(?:-----+END [A-Z0-9 ]+-----+|(?="|$))/g,
  // Seeds of NATS keys, JSON web tokens, and the two halves of an AWS key where they are named.
  /()\bS[UAOCNX][A-Z2-7]{56}\b/g,
  /()\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*/g,
  /(\b(?:aws_secret_access_key|secretaccesskey|aws_session_token|sessiontoken)\\?["']?\s*[:=]\s*\\?["']?)[^\s"',;\\]+/gi,
  /(\b(?:password|passwd|passphrase|pass|auth_?token)\\?["']\s*:\s*\\?["'])[^"\\]+/gi,
];

/** What stands where a secret stood. */
export const HIDDEN = '(hidden)';

/**
 * The text without secrets. The last step before a log line or an error message leaves the process: where the
 * secret came from, a library's error for one, does not matter.
 */
export function redactSecrets(text: string): string {
  return SECRETS.reduce((rest, secret) => rest.replace(secret, `$1${HIDDEN}`), text);
}
