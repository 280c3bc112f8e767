import type { BenchCase } from './cases.js';

/** One way to compute a case: a library, and how it is used. */
export interface Side {
  /** Stable name; the columns of the table. */
  readonly name: 'engine' | 'engine int8' | 'PyTorch' | 'PyTorch bf16' | 'tfjs-node' | 'tfjs wasm';
  readonly program: 'node' | 'python';
  readonly variant: 'float32' | 'int8' | 'bf16' | 'tensorflow' | 'wasm';
  /** Whether the side can do the case at all in reasonable time. */
  readonly takes: (given: BenchCase) => boolean;
}

const embeds = ({ task }: BenchCase): boolean => task.startsWith('embed');

/** Every side; the first one is ours, the second is what it is compared with. */
export const SIDES: readonly Side[] = [
  { name: 'engine', program: 'node', variant: 'float32', takes: () => true },
  { name: 'PyTorch', program: 'python', variant: 'float32', takes: () => true },
  { name: 'PyTorch bf16', program: 'python', variant: 'bf16', takes: () => true },
  { name: 'engine int8', program: 'node', variant: 'int8', takes: embeds },
  // Keeps everything until the step is over: 12 GiB for this one, beside the 13 of the others.
  {
    name: 'tfjs-node',
    program: 'node',
    variant: 'tensorflow',
    takes: ({ name }) => name !== 'train-vit-b32',
  },
  // Has no gradients of a convolution's filter and of a gather, and takes more than a minute for ViT-B/32's images.
  { name: 'tfjs wasm', program: 'node', variant: 'wasm', takes: ({ name }) => name === 'embed-vit-256' },
];

/** What a side's process is told first. */
export interface Job extends Pick<BenchCase, 'task' | 'config' | 'batch' | 'batchNorm'> {
  readonly variant: Side['variant'];
  readonly threads: number;
}

/** Why a side, or a step of it, cannot be. */
export interface Missing {
  readonly missing: string;
}

/** What it answers to that: what it is, or why it cannot be. */
export type Readiness = { readonly ready: string; readonly loadMs: number } | Missing;

/** One step, as the side's process measured it. */
export interface Step {
  readonly wallMs: number;
  /** Processor time of all threads. */
  readonly cpuMs: number;
  /** Largest resident memory of the process so far. */
  readonly peakMiB: number;
}
