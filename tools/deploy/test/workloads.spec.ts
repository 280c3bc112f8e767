import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { DEPLOY, nameOf, profiles, readProfile, type Manifest } from './manifests.js';
import { selects, workloadsOf, type Workload } from './workloads.js';

const all = new Map<string, { manifests: Manifest[]; workloads: Workload[] }>();
beforeAll(async () => {
  for (const profile of await profiles()) {
    const manifests = await readProfile(profile);
    all.set(profile, { manifests, workloads: workloadsOf(manifests) });
  }
});
const everyWorkload = () => [...all.values()].flatMap(({ workloads }) => workloads);
const workload = (profile: string, name: string) =>
  all.get(profile)!.workloads.find((one) => one.name === name)!;
const isService = ({ labels }: Workload) =>
  ['detector', 'scoring', 'shards', 'selector', 'unlearner'].includes(labels['app.kubernetes.io/component']!);

describe('every pod', () => {
  it('runs as nobody special, on a read-only root, without a token', () => {
    expect(everyWorkload().length).toBe(21);
    for (const { name, pod } of everyWorkload()) {
      expect({ name, ...pod }).toMatchObject({
        name,
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources!.requests).toHaveProperty('memory');
        expect(container.resources!.limits).toHaveProperty('memory');
        expect(container.image).toMatch(/^[^:]+:\d[\w.-]*$/);
      }
    }
  });

  it('mounts only volumes that it has', () => {
    for (const { name, pod } of everyWorkload()) {
      const volumes = (pod.volumes ?? []).map((volume) => volume.name).sort();
      const mounted = pod.containers.flatMap(({ volumeMounts = [] }) =>
        volumeMounts.map((mount) => mount.name),
      );
      expect({ name, mounts: [...new Set(mounted)].sort() }).toEqual({ name, mounts: volumes });
    }
  });

  it('is denied everything that no policy allows', () => {
    for (const { manifests, workloads } of all.values()) {
      const deny = manifests.find((one) => nameOf(one) === 'NetworkPolicy/ubt-deny')!.spec;
      expect(deny).toEqual({ podSelector: expect.anything(), policyTypes: ['Ingress', 'Egress'] });
      const { matchLabels } = (deny as { podSelector: { matchLabels: Record<string, string> } }).podSelector;
      for (const { name, labels } of workloads)
        expect({ name, denied: selects(matchLabels, labels) }).toEqual({ name, denied: true });
    }
  });
});

describe('every service', () => {
  it('is probed by gRPC on the health port, which it listens on', () => {
    for (const { pod } of everyWorkload().filter(isService)) {
      const [container] = pod.containers;
      const probe = { grpc: { port: 50060 } };
      expect(container).toMatchObject({ startupProbe: probe, readinessProbe: probe, livenessProbe: probe });
      expect(container!.ports).toContainEqual({ name: 'health', containerPort: 50060 });
      expect(container!.env).toContainEqual({ name: 'UBT_HEALTH_PORT', value: '50060' });
    }
  });

  it('has more time to stop than it gives its jobs', () => {
    for (const { name, pod } of everyWorkload().filter(isService)) {
      const grace = pod.containers[0]!.env!.find((one) => one.name === 'UBT_SHUTDOWN_GRACE_SECONDS')!.value;
      expect({ name, left: pod.terminationGracePeriodSeconds! - Number(grace) >= 30 }).toEqual({
        name,
        left: true,
      });
    }
  });

  it('owns its job records alone: one replica, replaced and not doubled', () => {
    for (const { name, replicas, strategy } of everyWorkload().filter(isService)) {
      if (/^ScaledJob|-(scoring|shards)$/.test(name)) continue;
      expect({ name, strategy, several: (replicas ?? 1) > 1 }).toEqual({
        name,
        strategy: 'Recreate',
        several: false,
      });
    }
  });

  it('is reached by a Service without a cluster address, which clients balance over', () => {
    for (const { manifests, workloads } of all.values()) {
      const services = manifests.filter(({ kind }) => kind === 'Service');
      expect(services.length).toBeGreaterThan(3);
      for (const service of services) {
        const { selector, clusterIP } = service.spec as {
          selector: Record<string, string>;
          clusterIP?: string;
        };
        const chosen = workloads.filter(({ labels }) => selects(selector, labels));
        expect(chosen.map(({ name }) => name)).toEqual([`Deployment/${service.metadata.name}`]);
        expect(clusterIP).toBe(isService(chosen[0]!) ? 'None' : undefined);
      }
    }
  });
});

describe('every variable', () => {
  it('is one that the service knows', async () => {
    for (const { name, pod } of everyWorkload().filter(isService)) {
      const [container] = pod.containers;
      const readme = await readFile(join(DEPLOY, '..', 'services', container!.name, 'README.md'), 'utf8');
      const unknown = container!
        .env!.map((one) => one.name)
        .filter((one) => !readme.includes(`| \`${one}\` `));
      expect({ name, unknown }).toEqual({ name, unknown: [] });
    }
  });

  it('that protects is there, where the profile does not leave it to a mesh', () => {
    for (const [profile, { workloads }] of all) {
      for (const { pod } of workloads.filter(isService)) {
        const names = pod.containers[0]!.env!.map((one) => one.name);
        expect(names.includes('UBT_ALLOW_INSECURE')).toBe(profile === 'cpu');
        expect(names.includes('UBT_TLS_CERT') && names.includes('UBT_TLS_CA')).toBe(profile !== 'cpu');
      }
    }
  });
});

describe('autoscaling', () => {
  it('names consumers that the services have, and goes from one to none only', () => {
    const { manifests } = all.get('gpu')!;
    const scaled = manifests.filter(({ kind }) => kind === 'ScaledObject');
    const names = ['selector', 'unlearner', 'shards'].map((name) => `ScaledObject/ubt-${name}`);
    expect(scaled.map(nameOf).sort()).toEqual(names.sort());
    for (const one of scaled.filter(({ metadata }) => metadata.name !== 'ubt-shards')) {
      expect(one.spec).toMatchObject({ minReplicaCount: 0, maxReplicaCount: 1 });
      expect(workload('gpu', `Deployment/${one.metadata.name}`).replicas).toBeUndefined();
    }
    expect(JSON.stringify(scaled)).toContain('selector-after-detector');
    expect(JSON.stringify(scaled)).toContain('unlearner-after-selector');
  });

  it('has as many replicas for shards as there are shards, none of which owns anything', () => {
    const { manifests } = all.get('gpu')!;
    const scaled = manifests.find((one) => nameOf(one) === 'ScaledObject/ubt-shards')!;
    expect(scaled.spec).toMatchObject({
      ...{ minReplicaCount: 0, maxReplicaCount: 8, scaleTargetRef: { name: 'ubt-shards' } },
      triggers: [{ metadata: { stream: 'UBT_SHARDS', consumer: 'detector-shards', lagThreshold: '2' } }],
    });
    expect(workload('gpu', 'Deployment/ubt-shards').replicas).toBeUndefined();
    expect(workload('cpu', 'Deployment/ubt-shards').replicas).toBe(2);
    for (const [profile, dataDir] of [
      ['gpu', '/data'],
      ['s3', '/scratch'],
    ] as const) {
      const { env } = workload(profile, 'Deployment/ubt-shards').pod.containers[0]!;
      expect(env).toContainEqual({ name: 'UBT_ROLE', value: 'shards' });
      expect(env).toContainEqual({ name: 'UBT_DATA_DIR', value: dataDir });
      const workDir = env!.find(({ name }) => name === 'UBT_WORK_DIR')?.value ?? dataDir;
      expect(workDir).toBe('/scratch');
    }
    const roleOf = (name: string) =>
      workload('gpu', name).pod.containers[0]!.env!.find((one) => one.name === 'UBT_ROLE')?.value;
    expect(roleOf('Deployment/ubt-scoring')).toBe('online');
    expect(roleOf('Deployment/ubt-detector')).toBe('all');
  });

  it('starts a pod per unlearning that ends itself', () => {
    const { pod } = workload('s3', 'ScaledJob/ubt-unlearner');
    expect(pod.containers[0]!.env).toContainEqual({ name: 'UBT_IDLE_EXIT_SECONDS', value: '30' });
  });
});

describe('the unlearner', () => {
  it('gets a GPU, a node that has one, and TensorFlow', () => {
    const { pod } = workload('gpu', 'Deployment/ubt-unlearner');
    expect(pod).toMatchObject({
      nodeSelector: { 'nvidia.com/gpu.present': 'true' },
      runtimeClassName: 'nvidia',
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    });
    const [container] = pod.containers;
    expect(container!.image).toBe('ubt/unlearner-gpu:0.1.0');
    expect(container!.resources!.limits).toHaveProperty(['nvidia.com/gpu'], 1);
    expect(container!.env).toContainEqual({ name: 'UBT_DEVICE', value: 'cuda' });
  });

  it('gets none in the profile for processors', () => {
    const { pod } = workload('cpu', 'Deployment/ubt-unlearner');
    expect(pod.nodeSelector).toBeUndefined();
    expect(pod.containers[0]!.resources!.limits).toEqual({ memory: '16Gi' });
  });
});
