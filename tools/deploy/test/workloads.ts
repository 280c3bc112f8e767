import { nameOf, type Manifest } from './manifests.js';

/** A container as far as the rules look. */
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { name: string; value?: string }[];
  readonly securityContext?: object;
  readonly startupProbe?: object;
  readonly readinessProbe?: { grpc?: { port: number } };
  readonly livenessProbe?: object;
  readonly ports?: readonly { name: string; containerPort: number }[];
  readonly resources?: { limits?: Record<string, unknown>; requests?: Record<string, unknown> };
  readonly volumeMounts?: readonly { name: string; mountPath: string }[];
}

/** What runs pods: the name of the object, its pods' labels and their specification. */
export interface Workload {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly replicas: number | undefined;
  readonly strategy: string | undefined;
  readonly pod: {
    readonly containers: readonly Container[];
    readonly securityContext?: object;
    readonly automountServiceAccountToken?: boolean;
    readonly terminationGracePeriodSeconds?: number;
    readonly nodeSelector?: Readonly<Record<string, string>>;
    readonly tolerations?: readonly object[];
    readonly runtimeClassName?: string;
    readonly volumes?: readonly { name: string; persistentVolumeClaim?: { claimName: string } }[];
  };
}

interface Spec {
  readonly replicas?: number;
  readonly strategy?: { type: string };
  readonly template?: { metadata: { labels: Record<string, string> }; spec: Workload['pod'] };
  readonly jobTargetRef?: {
    template: { metadata: { labels: Record<string, string> }; spec: Workload['pod'] };
  };
}

/** Deployments, Jobs and ScaledJobs among the objects. */
export function workloadsOf(manifests: readonly Manifest[]): Workload[] {
  return manifests.flatMap((manifest) => {
    const spec = (manifest.spec ?? {}) as Spec;
    const template = spec.template ?? spec.jobTargetRef?.template;
    if (template === undefined) return [];
    return [
      {
        name: nameOf(manifest),
        labels: template.metadata.labels,
        replicas: spec.replicas,
        strategy: spec.strategy?.type,
        pod: template.spec,
      },
    ];
  });
}

/** Whether a selector's labels are all there. */
export const selects = (
  wanted: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean => Object.entries(wanted).every(([key, value]) => labels[key] === value);
