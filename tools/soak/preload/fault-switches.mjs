/**
 * Loaded into every process of the stages (`--import`), workers included: makes the disk full and the clock jump when
 * the soak test says so. Its URL names the control file and the stage: `…/fault-switches.mjs?control=FILE&stage=NAME`.
 * The file holds `{ "diskFull": [stages], "clockMs": { stage: offset } }`.
 */
import { readFileSync, promises, writeFileSync } from 'node:fs';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const LOOK_EVERY_MS = 50;
const STANDARD_ERROR = 2;

const { searchParams } = new URL(import.meta.url);
const control = searchParams.get('control');
const stage = searchParams.get('stage');
const RealDate = Date;
let isDiskFull = false;
let clockMs = 0;

/** While a step of native compute holds the event loop, the switches stay as they were. */
function look() {
  try {
    const switches = JSON.parse(readFileSync(control, 'utf8'));
    isDiskFull = switches.diskFull.includes(stage);
    clockMs = switches.clockMs[stage] ?? 0;
  } catch {
    // Not written yet, or just being replaced: the next look finds it.
  }
}
look();
setInterval(look, LOOK_EVERY_MS).unref();

/** The clock on the wall. Timers and `performance.now()` go by another one, which does not jump. */
globalThis.Date = class Date extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + clockMs);
    else super(...given);
  }
  static now() {
    return RealDate.now() + clockMs;
  }
};

function refuseIfFull() {
  look();
  if (isDiskFull)
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', errno: -28 });
}

const probe = await promises.open(import.meta.filename, 'r');
const handles = Object.getPrototypeOf(probe);
await probe.close();
guard(handles, ['write', 'writev', 'writeFile', 'appendFile']);
guard(promises, ['writeFile', 'appendFile']);
for (const name of ['write', 'writev']) {
  const real = fs[name];
  fs[name] = (...given) => {
    try {
      // The log leaves through a pipe, which a full disk does not close.
      if (given[0] > STANDARD_ERROR) refuseIfFull();
    } catch (error) {
      return void process.nextTick(given.at(-1), error);
    }
    return real(...given);
  };
}
fs.writeFileSync = (...given) => (refuseIfFull(), writeFileSync(...given));
syncBuiltinESMExports();

/** Asynchronous writers that fail while the disk is full. */
function guard(owner, names) {
  for (const name of names) {
    const real = owner[name];
    owner[name] = async function (...given) {
      refuseIfFull();
      return real.apply(this, given);
    };
  }
}
