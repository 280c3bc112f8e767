/** Called as work proceeds: `done` of `total` units of a phase. */
export type ReportProgress = (phase: string, done: number, total: number, unit: string) => void;
