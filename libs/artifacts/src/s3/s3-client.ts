import { S3Client } from '@aws-sdk/client-s3';

/** How the S3 server is reached. Credentials that are not given are looked for as the AWS SDK does. */
export interface S3Settings {
  /** Another server than AWS, such as `http://minio:9000`. */
  readonly endpoint?: string;
  /** Default: as the AWS SDK finds it, or `us-east-1` at an endpoint of one's own. */
  readonly region?: string;
  /** Bucket in the path instead of the host name; by default at an endpoint of one's own. */
  readonly pathStyle?: boolean;
  /** Times that a call is tried; 5 unless told. */
  readonly maxAttempts?: number;
  /** Bytes of one part of an upload, at least 5 MiB; 16 MiB unless told. Four parts are held in memory. */
  readonly partBytes?: number;
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
}

/** Times that a call is tried unless told. */
export const MAX_ATTEMPTS = 5;

const CONNECT_MS = 5_000;
const SILENCE_MS = 60_000;

/** A client for these settings; connections are made when they are needed. */
export function createS3Client(settings: S3Settings): S3Client {
  const { endpoint, region, maxAttempts = MAX_ATTEMPTS, credentials } = settings;
  const own = endpoint !== undefined;
  // Servers other than AWS often do not know the SDK's newer checksums; digests are checked here anyway.
  const checksums = own ? ('WHEN_REQUIRED' as const) : ('WHEN_SUPPORTED' as const);
  return new S3Client({
    maxAttempts,
    retryMode: 'standard',
    forcePathStyle: settings.pathStyle ?? own,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    requestHandler: { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
    ...(own ? { endpoint, region: region ?? 'us-east-1' } : region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
  });
}
