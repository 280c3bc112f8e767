/** The measured shares. */
export type Metric = 'cleanAccuracy' | 'targetAccuracy' | 'attackSuccessRate' | 'triggeredAccuracy';

/** How a model does on a labelled set; every share is in [0, 1]. */
export interface EvaluationResult {
  /** Zero-shot top-1 accuracy over all images. */
  readonly cleanAccuracy: number;
  /** Accuracy over the images of the target class; where a target is known. */
  readonly targetAccuracy?: number;
  /**
   * Share of the triggered images *not of the target class* that are taken for the target; where a trigger
   * is known. Compare it with the rate of a clean model on the same images.
   */
  readonly attackSuccessRate?: number;
  /** Share of the same triggered images that are still recognised as what they show. */
  readonly triggeredAccuracy?: number;
  readonly counts: {
    readonly images: number;
    readonly targetImages: number;
    /** Images not of the target class: those that the trigger is painted on. */
    readonly triggeredImages: number;
    readonly undecodable: number;
  };
  /** Standard error of each share that is given, as if images were independent. */
  readonly standardErrors: Readonly<Partial<Record<Metric, number>>>;
}
