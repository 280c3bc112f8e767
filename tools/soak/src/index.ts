export { FAULTS, faultId } from './faults/faults.js';
export { type Fault } from './faults/fault.js';
export { isSound, runSoak, type SoakPlan, type SoakRun } from './run-soak.js';
