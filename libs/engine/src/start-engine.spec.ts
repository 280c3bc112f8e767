import { afterEach, describe, expect, it } from '@jest/globals';
import * as tf from '@tensorflow/tfjs-core';
import { typescriptExecArgv } from '@ubt/test-kit';
import { probeDevices, startEngine, type DeviceName, type Engine } from './index.js';

let engine: Engine | null = null;
afterEach(async () => {
  await engine?.dispose();
  engine = null;
});

describe('startEngine', () => {
  it('gives the same engine for equal options and refuses others', async () => {
    engine = await startEngine({ threads: 1 });
    expect(await startEngine({ backend: 'onnxruntime', device: 'cpu', threads: 1 })).toBe(engine);
    await expect(startEngine({ threads: 2 })).rejects.toMatchObject({ code: 'ENGINE_ALREADY_RUNNING' });
    expect(tf.getBackend()).toBe('onnxruntime');
  });

  it('starts again after dispose, with other options', async () => {
    const first = await startEngine({ threads: 1 });
    await first.dispose();
    engine = await startEngine({ threads: 2 });
    expect((await tf.square(tf.tensor1d([3])).data())[0]).toBe(9);
  });

  it('refuses a device that is not there, and can then start on another', async () => {
    const device = 'abacus' as DeviceName;
    const refused = { kind: 'failed-precondition', code: 'ENGINE_DEVICE_UNAVAILABLE' };
    await expect(startEngine({ device })).rejects.toMatchObject(refused);
    engine = await startEngine();
    expect(engine.device).toBe('cpu');
  });

  it('refuses the tensorflow backend on a device it does not know', async () => {
    await expect(startEngine({ backend: 'tensorflow', device: 'webgpu' })).rejects.toMatchObject({
      code: 'ENGINE_DEVICE_UNAVAILABLE',
    });
  });

  it('refuses a thread count that is none', async () => {
    await expect(startEngine({ threads: 0 })).rejects.toMatchObject({ code: 'ENGINE_THREADS_INVALID' });
  });
});

describe('probeDevices', () => {
  const probe = (file: string) => ({
    entry: new URL(file, import.meta.url),
    execArgv: typescriptExecArgv(),
  });

  it('finds the CPU, and says why for what it does not find', async () => {
    const { devices, threads } = await probeDevices(probe('./probe-device.worker.ts'));
    expect(threads).toBeGreaterThan(0);
    const version = expect.stringMatching(/^\d+\.\d+/);
    const cpu = { backend: 'onnxruntime', device: 'cpu', available: true, reason: null };
    expect(devices[0]).toEqual({ ...cpu, version });
    expect(devices.map(({ backend, device }) => `${backend} ${device}`)).toHaveLength(5);
    for (const { available, reason } of devices) expect(reason === null).toBe(available);
    for (const { reason } of devices) expect(reason ?? '').not.toContain('the probe ended');
  });

  it('reports a probe that dies instead of dying with it', async () => {
    const { devices } = await probeDevices(probe('./no-such-file.ts'));
    expect(devices.map(({ reason }) => reason)).toEqual(Array(5).fill('the probe ended with exit code 1.'));
  });
});
