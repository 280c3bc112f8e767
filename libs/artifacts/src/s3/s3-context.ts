import type { S3Client } from '@aws-sdk/client-s3';
import type { S3Place } from './s3-place.js';

/** What every operation of the S3 store needs. */
export interface S3Context {
  readonly client: S3Client;
  /** Where artefacts may be read. */
  readonly roots: readonly S3Place[];
  /** Where new ones go. */
  readonly writeRoot: S3Place;
  /** Local folder for what is being written and what was fetched. */
  readonly workFolder: string;
  readonly partBytes: number;
  /** Times that a read that broke off is taken up again without a byte more. */
  readonly attempts: number;
}

/** Transfers of one folder at once. */
export const FILES_AT_ONCE = 4;
