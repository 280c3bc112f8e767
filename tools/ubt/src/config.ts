import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { S3Settings } from '@ubt/artifacts';
import { UbtError } from '@ubt/errors';
import type { ClientSecuritySettings } from '@ubt/service-kit';
import { z } from 'zod';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the command line takes from the environment. */
export interface CliConfig {
  /** Where defence runs keep their record, log and working files: UBT_DATA_DIR. */
  readonly dataDir: string;
  /** Folders beside the inputs' own that artefacts may lie in: UBT_ARTIFACT_ROOTS, comma-separated. */
  readonly artifactRoots: readonly string[];
  /** The S3 server that artefacts may lie on, as the services have it: UBT_S3_ENDPOINT and so on. */
  readonly s3: S3Settings;
  /** How services that run elsewhere are called, where no flag says otherwise: UBT_CLIENT_TLS and so on. */
  readonly client: ClientSecuritySettings;
}

/** The environment of this process. */
export function processEnvironment(): Environment {
  return process.env;
}

/** Reads the configuration; unset and empty variables take their defaults. */
export function readCliConfig(env: Environment): CliConfig {
  const dataHome = env.XDG_DATA_HOME || join(homedir(), '.local', 'share');
  return Object.freeze({
    dataDir: resolve(env.UBT_DATA_DIR || join(dataHome, 'ubt')),
    artifactRoots: (env.UBT_ARTIFACT_ROOTS ?? '').split(',').filter((root) => root.trim() !== ''),
    s3: s3Settings(env),
    client: clientSettings(env),
  });
}

function clientSettings(env: Environment): ClientSecuritySettings {
  const { UBT_CLIENT_TLS_CA: ca, UBT_CLIENT_TLS_CERT: cert, UBT_CLIENT_TLS_KEY: key } = env;
  const { UBT_CLIENT_TLS: tls, UBT_CLIENT_TOKEN_FILE: tokenFile, UBT_ALLOW_INSECURE: allowInsecure } = env;
  return {
    ...(tls ? { tls: parseFlag('UBT_CLIENT_TLS', tls) } : {}),
    ...(ca ? { ca } : {}),
    ...(cert ? { cert } : {}),
    ...(key ? { key } : {}),
    ...(tokenFile ? { tokenFile } : {}),
    ...(allowInsecure ? { allowInsecure: parseFlag('UBT_ALLOW_INSECURE', allowInsecure) } : {}),
  };
}

function s3Settings(env: Environment): S3Settings {
  const { UBT_S3_ENDPOINT: endpoint, UBT_S3_REGION: region, UBT_S3_PATH_STYLE: pathStyle } = env;
  return {
    ...(endpoint ? { endpoint } : {}),
    ...(region ? { region } : {}),
    ...(pathStyle ? { pathStyle: parseFlag('UBT_S3_PATH_STYLE', pathStyle) } : {}),
  };
}

function parseFlag(variable: string, value: string): boolean {
  const parsed = z.stringbool().safeParse(value);
  if (parsed.success) return parsed.data;
  throw new UbtError('invalid-argument', `${variable} is "${value}", which is neither true nor false.`, {
    code: 'CONFIG_INVALID',
    fix: `Set ${variable} to true or false.`,
  });
}
