import type { EmojiParameters } from './emoji-options.js';

/** Content of a data set's `manifest.json`. */
export interface EmojiManifest {
  readonly format: number;
  readonly parameters: EmojiParameters;
  readonly counts: {
    readonly classes: number;
    /** Drawings that training pairs are made of. */
    readonly drawings: number;
    readonly pairs: number;
    readonly testImages: number;
  };
  /** Lower-case hex sha256 over the images' pixels, and over the captions, in row order. */
  readonly sha256: { readonly images: string; readonly captions: string; readonly testImages: string };
  readonly sources: readonly {
    readonly name: string;
    readonly author: string;
    readonly licence: string;
    readonly licenceUrl: string;
  }[];
}
