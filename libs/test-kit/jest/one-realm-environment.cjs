'use strict';

const { TestEnvironment } = require('jest-environment-node');

/**
 * Jest runs specs in a realm of their own, where `Float32Array` is not the one that native addons and
 * Node's own modules hand out, so `instanceof` fails across the border. This environment gives the spec
 * realm the outer realm's binary types; nothing else of Jest's isolation changes.
 */
module.exports = class OneRealmEnvironment extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const type of [
      ArrayBuffer,
      SharedArrayBuffer,
      DataView,
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
      BigInt64Array,
      BigUint64Array,
      Error,
    ]) {
      this.global[type.name] = type;
    }
  }
};
