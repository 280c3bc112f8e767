import { UbtError, type FieldViolation } from '@ubt/errors';
import { z } from 'zod';
import { covers, METHODS, ROLES } from './roles.js';

const pattern = z
  .string()
  .refine((text) => METHODS.some((method) => covers(text, method)), 'stands for no method that UBT has');

const tokenEntry = z.strictObject({
  /** SHA-256 of the token, in hex: the file holds nothing that opens a door. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex'),
  /** From when on it counts no more. */
  expires: z.iso.datetime({ offset: true }).optional(),
});

const callerEntry = z
  .strictObject({
    name: z.string().min(1).max(100),
    roles: z.array(z.string()).min(1),
    tokens: z.array(tokenEntry).default([]),
    certificates: z
      .array(z.string().regex(/^(uri|dns|cn):./, 'begins with none of uri:, dns: and cn:'))
      .default([]),
  })
  .refine(
    ({ tokens, certificates }) => tokens.length + certificates.length > 0,
    'has no token or certificate',
  );

const policyFile = z.strictObject({
  /** Roles of one's own, beside the built-in ones: name to methods. */
  roles: z.record(z.string(), z.array(pattern).min(1)).default({}),
  callers: z.array(callerEntry).min(1),
});

/** Somebody who may call. */
export interface Caller {
  readonly name: string;
  /** Whether one of its roles covers a method (`ubt.job.v1.Jobs/GetJob`). */
  may(method: string): boolean;
}

/** A known token. */
export interface KnownToken {
  /** SHA-256 of the token, 32 bytes. */
  readonly sha256: Buffer;
  readonly expires: Date | undefined;
  readonly caller: Caller;
}

/** Who may call what, ready to be asked. */
export interface AccessPolicy {
  readonly tokens: readonly KnownToken[];
  /** By name, as `certificateNames` gives them. */
  readonly certificates: ReadonlyMap<string, Caller>;
}

/**
 * Reads an access file (UBT_AUTH_FILE).
 *
 * @throws UbtError `invalid-argument` AUTH_FILE_INVALID with every entry that is not good
 */
export function parseAccessPolicy(bytes: Buffer, path: string): AccessPolicy {
  const parsed = policyFile.safeParse(parseJson(bytes, path));
  if (!parsed.success) {
    throw invalid(
      path,
      parsed.error.issues.map(({ path: at, message }) => ({ field: fieldName(at), reason: message })),
    );
  }
  const { callers, roles } = parsed.data;
  const violations = [...unknownRoles(callers, roles), ...builtInRoles(roles), ...duplicates(callers)];
  if (violations.length > 0) throw invalid(path, violations);
  const known = callers.map((entry) => ({ entry, caller: callerOf(entry, { ...roles, ...ROLES }) }));
  return {
    tokens: known.flatMap(({ entry, caller }) =>
      entry.tokens.map(({ sha256, expires }) => ({
        sha256: Buffer.from(sha256, 'hex'),
        expires: expires === undefined ? undefined : new Date(expires),
        caller,
      })),
    ),
    certificates: new Map(
      known.flatMap(({ entry, caller }) =>
        entry.certificates.map((name) => [canonical(name), caller] as const),
      ),
    ),
  };
}

type CallerEntry = z.infer<typeof callerEntry>;
type Roles = Readonly<Record<string, readonly string[]>>;

function callerOf({ name, roles }: CallerEntry, known: Roles): Caller {
  const patterns = roles.flatMap((role) => known[role] ?? []);
  return { name, may: (method) => patterns.some((allowed) => covers(allowed, method)) };
}

/** Host names have no case. */
const canonical = (name: string) => (name.startsWith('dns:') ? name.toLowerCase() : name);

function unknownRoles(callers: readonly CallerEntry[], own: Roles): FieldViolation[] {
  return callers.flatMap(({ roles }, index) =>
    roles
      .filter((role) => !Object.hasOwn(own, role) && !Object.hasOwn(ROLES, role))
      .map((role) => ({ field: `callers[${index}].roles`, reason: `no role is called "${role}"` })),
  );
}

function builtInRoles(own: Roles): FieldViolation[] {
  return Object.keys(own)
    .filter((role) => Object.hasOwn(ROLES, role))
    .map((role) => ({ field: `roles.${role}`, reason: 'is built in and keeps its meaning' }));
}

function duplicates(callers: readonly CallerEntry[]): FieldViolation[] {
  const seen = new Set<string>();
  const violations: FieldViolation[] = [];
  for (const [index, { name, tokens, certificates }] of callers.entries()) {
    const keys = [
      `name ${name}`,
      ...tokens.map(({ sha256 }) => `token ${sha256}`),
      ...certificates.map((certificate) => `certificate ${canonical(certificate)}`),
    ];
    for (const key of keys) {
      if (seen.has(key)) violations.push({ field: `callers[${index}]`, reason: `the ${key} is there twice` });
      seen.add(key);
    }
  }
  return violations;
}

function parseJson(bytes: Buffer, path: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's message quotes the file.
    throw invalid(path, [{ field: path, reason: 'is no JSON' }]);
  }
}

function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function invalid(path: string, violations: readonly FieldViolation[]): UbtError {
  const list = violations.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return new UbtError('invalid-argument', `The access file ${path} is not valid: ${list}.`, {
    code: 'AUTH_FILE_INVALID',
    fix: 'See docs/security.md for its form; "ubt token" makes an entry.',
    violations,
  });
}
