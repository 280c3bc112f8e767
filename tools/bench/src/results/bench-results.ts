import type { Architecture, Regime } from '../victim-recipe.js';

/** How a model does; all rates are in [0, 1]. */
export interface Measures {
  /** Zero-shot top-1 accuracy on clean test images. */
  readonly cleanAccuracy: number;
  /** Accuracy over many views of the target class. */
  readonly targetAccuracy: number;
  /** Share of triggered images not of the target class that are taken for it; the mean of several backdoors. */
  readonly attackSuccessRate?: number;
  /** Share of the same images that are recognised as what they show. */
  readonly triggeredAccuracy?: number;
  /** Each backdoor by itself, where there are several. */
  readonly backdoors?: readonly BackdoorMeasures[];
  /** Of each rate, as if images were independent. */
  readonly standardErrors: Readonly<Partial<Record<MeasuredRate, number>>>;
  /** Clean test images. */
  readonly images: number;
  readonly targetViews: number;
}

/** How one of several backdoors does; all rates are in [0, 1]. */
export interface BackdoorMeasures {
  readonly target: string;
  readonly attackSuccessRate: number;
  readonly triggeredAccuracy: number;
  readonly targetAccuracy: number;
}

/** The names of the measured rates. */
export type MeasuredRate = 'cleanAccuracy' | 'targetAccuracy' | 'attackSuccessRate' | 'triggeredAccuracy';

/** How well a detection told poisoned pairs from the others; all rates are in [0, 1]. */
export interface DetectionQuality {
  readonly auroc: number;
  readonly aupr: number;
  readonly precisionAtK: number;
  readonly k: number;
  /** Share of the poisoned pairs whose score is above the threshold; absent for methods that choose none. */
  readonly recallAtThreshold?: number;
}

/** How well a list of suspects holds the poisoned pairs; all rates are in [0, 1]. */
export interface ListQuality {
  readonly listed: number;
  /** Poisoned share of the listed pairs; absent when none is listed. */
  readonly precision?: number;
  /** Listed share of the poisoned pairs. */
  readonly recall?: number;
}

/** What a defence found and did. */
export interface DefenceOutcome {
  readonly verdict: string;
  readonly outcome: string;
  readonly exitCode: number;
  /** The strongest reason, in words. */
  readonly reason: string;
  readonly suspects: number;
  /** Absent for unpoisoned pairs. */
  readonly detection?: DetectionQuality;
  /** Of `suspects.csv`; absent for unpoisoned pairs. */
  readonly list?: ListQuality;
  /** The compromised tokens, strongest first, up to three. */
  readonly tokens: string;
  readonly steps?: number;
  readonly keptStep?: number;
  readonly unlearnPairs?: number;
  /** Wall-clock seconds by stage: to be compared only within one defence. */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Whether a defence was given the trusted checkpoint that the victim was fine-tuned from. */
export type Help = 'alone' | 'with reference';

/** One attack with one seed: the victim, and everything that was done to it. Parts not run yet are absent. */
export interface VictimResult {
  readonly seed: number;
  /** Name of the attack. */
  readonly attack: string;
  readonly target: string;
  readonly trainingSeconds?: number;
  readonly victim?: Measures;
  /** An honest model of the same recipe and seed, on the same clean and triggered images. */
  readonly honest?: Measures;
  readonly defences: readonly {
    readonly help: Help;
    readonly outcome: DefenceOutcome;
    readonly after: Measures;
  }[];
  /** The model that the defence without reference left, after further training on clean pairs. */
  readonly rebound?: { readonly steps: number; readonly learningRate: number; readonly after: Measures };
  /** The methods that the defence does not run by default. */
  readonly detections: readonly {
    readonly help: Help;
    readonly method: string;
    readonly quality: DetectionQuality;
  }[];
  readonly baselines: readonly {
    /** Name of the baseline. */
    readonly baseline: string;
    readonly learningRate: number;
    readonly seconds: number;
    readonly after: Measures;
  }[];
}

/** One honest model, and what the defence made of it. */
export interface UnpoisonedResult {
  readonly seed: number;
  readonly trainingSeconds: number;
  readonly before: Measures;
  readonly defences: readonly {
    readonly help: Help;
    readonly outcome: DefenceOutcome;
    readonly after: Measures;
  }[];
}

/** All results of one regime: what `tools/bench/results/*.json` holds. */
export interface BenchResults {
  readonly schemaVersion: 1;
  readonly regime: Regime;
  readonly architecture: Architecture;
  readonly measuredAt: string;
  readonly command: string;
  /** Commit that was checked out; `+` when there were changes on top. */
  readonly commit: string;
  /** Digest of the product's build. */
  readonly product: string;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly threads: number;
    readonly memoryGiB: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly data: {
    readonly classes: string;
    readonly pairs: number;
    readonly imageSize: number;
    readonly naturalNoise: number;
  };
  readonly training: { readonly steps: number; readonly batchSize: number; readonly learningRate: number };
  /** What all baselines share. */
  readonly baselines: { readonly steps: number; readonly cleanShare: number };
  readonly victims: readonly VictimResult[];
  readonly unpoisoned: readonly UnpoisonedResult[];
}
