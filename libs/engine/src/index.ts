export type { BackendName, DeviceName, Engine, EngineOptions, EngineStats } from './engine.js';
export { computePending } from './compute-pending.js';
export { dropFreeMemory } from './drop-free-memory.js';
export { freeze, type Compiled, type Precision } from './freeze.js';
export { probeDevices, type DeviceReport, type DevicesReport, type ProbeProcess } from './probe-devices.js';
export { fusedGelu, fusedLayerNorm, fusedQuickGelu, type LayerNormalised } from './fused-operations.js';
export { seededRandom, type SeededRandom } from './seeded-random.js';
export { startEngine } from './start-engine.js';
