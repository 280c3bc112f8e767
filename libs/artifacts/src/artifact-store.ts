import type { Readable } from 'node:stream';
import type { Artifact, ArtifactRef } from './artifact.js';
import type { ByteRange } from './checked-stream.js';

/**
 * Where artefacts are kept. What a store returns is complete and carries its digest; what was being written
 * when something failed is never seen.
 */
export interface ArtifactStore {
  /**
   * The artefact at a place, with digest and size computed.
   *
   * @param place URI or path
   * @throws UbtError `FILE_NOT_FOUND`, `PATH_OUTSIDE_ROOTS`, `ARTIFACT_SCHEME_UNSUPPORTED`
   */
  describe(place: string, mediaType?: string): Promise<Artifact>;
  /**
   * A local path of the artefact's file or folder, its digest checked when the reference has one. Not to be
   * written to.
   *
   * @throws UbtError `ARTIFACT_DIGEST_MISMATCH`, and what `describe` throws
   */
  fetch(ref: ArtifactRef): Promise<string>;
  /**
   * The bytes of a file as a stream, without a copy on disk and with little memory. A digest in the reference
   * is checked at the end of the stream, when it is of the whole file.
   *
   * @throws UbtError what `describe` throws; also as the stream's error, then also `ARTIFACT_DIGEST_MISMATCH`
   */
  openRead(ref: ArtifactRef, range?: ByteRange): Promise<Readable>;
  /**
   * Stores a file under a name, replacing what is there.
   *
   * @param name relative path, such as `jobs/7/scores.jsonl`
   * @param write fills the file at the path it is given
   * @throws UbtError `ARTIFACT_NAME_INVALID`, `DISK_FULL`, what `write` throws; nothing has changed then
   */
  putFile(name: string, mediaType: string, write: (path: string) => Promise<void>): Promise<Artifact>;
  /**
   * Stores a folder under a name, replacing what is there.
   *
   * @param write fills the empty folder at the path it is given
   * @throws UbtError as `putFile` does
   */
  putFolder(name: string, mediaType: string, write: (path: string) => Promise<void>): Promise<Artifact>;
  /** What is stored under a name, with digest and size; undefined when nothing is. @throws UbtError as `putFile` */
  find(name: string, mediaType?: string): Promise<Artifact | undefined>;
  /**
   * Removes what is stored under a name, and everything below it. For what nobody refers to any more.
   *
   * @throws UbtError `ARTIFACT_NAME_INVALID`
   */
  remove(name: string): Promise<void>;
  /** Whether the artefact is there; its content is not checked. */
  exists(ref: ArtifactRef): Promise<boolean>;
}
