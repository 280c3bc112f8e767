import { parse } from 'yaml';

type Parts = Readonly<Record<string, unknown>>;

/** A collector's configuration as far as it is checked. */
export interface CollectorConfig {
  readonly receivers: Parts;
  readonly processors: Parts;
  readonly exporters: Parts;
  readonly extensions?: Parts;
  readonly service: {
    readonly extensions?: readonly string[];
    readonly pipelines: Readonly<
      Record<
        string,
        { receivers: readonly string[]; processors: readonly string[]; exporters: readonly string[] }
      >
    >;
  };
}

export const parseCollector = (text: string): CollectorConfig => parse(text) as CollectorConfig;

/** Parts that a pipeline names and that are not there, and parts that are there and no pipeline names. */
export function looseParts(config: CollectorConfig): string[] {
  const pipelines = Object.values(config.service.pipelines);
  return (['receivers', 'processors', 'exporters'] as const)
    .flatMap((kind) =>
      difference(
        kind,
        config[kind],
        pipelines.flatMap((pipeline) => pipeline[kind]),
      ),
    )
    .concat(difference('extensions', config.extensions ?? {}, config.service.extensions ?? []));
}

function difference(kind: string, defined: Parts, used: readonly string[]): string[] {
  const names = Object.keys(defined);
  return [
    ...used.filter((name) => !names.includes(name)).map((name) => `${kind}: ${name} is not defined`),
    ...names.filter((name) => !used.includes(name)).map((name) => `${kind}: ${name} is not used`),
  ];
}
