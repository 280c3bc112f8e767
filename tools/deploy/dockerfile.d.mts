/** An instruction; `words` are its arguments without flags, with variables filled in. */
export interface Instruction {
  readonly keyword: string;
  readonly text: string;
  /** Stage or image of `--from`. */
  readonly from?: string;
  readonly words: readonly string[];
  readonly json: boolean;
}

/** A build stage and what it starts from. */
export interface BuildStage {
  readonly name: string;
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

/** A Dockerfile as read. */
export interface Dockerfile {
  readonly text: string;
  /** Names of its ARGs. */
  readonly args: readonly string[];
  readonly stages: readonly BuildStage[];
}

/** @param buildArgs values for ARGs */
export function readDockerfile(
  path: string,
  buildArgs?: Readonly<Record<string, string>>,
): Promise<Dockerfile>;
