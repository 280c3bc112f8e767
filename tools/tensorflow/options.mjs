import { parseArgs } from 'node:util';
import { Failure } from '../bootstrap/failure.mjs';

/** What is provided for a device: the npm package that binds TensorFlow, and the wheel that brings it. */
const DEVICES = {
  cpu: { npmPackage: '@tensorflow/tfjs-node', wheel: 'tensorflow-cpu==2.21.0' },
  cuda: { npmPackage: '@tensorflow/tfjs-node-gpu', wheel: 'tensorflow[and-cuda]==2.21.0' },
};

/** The version of both npm packages, which is the one of `@tensorflow/tfjs-core` here. */
export const TFJS_VERSION = '4.22.0';

export const USAGE = `npm run provide:tensorflow -- [--device cpu|cuda] [--wheel REQUIREMENT] [--python PATH]

  --device   what TensorFlow is to compute on (cpu)
  --wheel    the Python package that brings libtensorflow (${DEVICES.cpu.wheel};
             for cuda ${DEVICES.cuda.wheel})
  --python   the Python whose pip gets it (python3)`;

/**
 * @typedef {object} Options
 * @property {'cpu' | 'cuda'} device
 * @property {string} npmPackage
 * @property {string} wheel a pip requirement
 * @property {string} python
 * @property {boolean} help
 */

/**
 * Reads the command line.
 *
 * @param {string[]} args
 * @returns {Options}
 * @throws {Failure} for an option or device that there is not
 */
export function readOptions(args) {
  const { device, wheel, python, help } = parse(args);
  const chosen = DEVICES[device];
  if (chosen === undefined) throw new Failure(`--device ${device}: use cpu or cuda.`);
  return { device, npmPackage: chosen.npmPackage, wheel: wheel ?? chosen.wheel, python, help };
}

function parse(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        device: { type: 'string', default: 'cpu' },
        wheel: { type: 'string' },
        python: { type: 'string', default: 'python3' },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    throw new Failure(`${error.message}\n\n${USAGE}`);
  }
}
