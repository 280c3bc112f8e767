import * as tf from '@tensorflow/tfjs-core';

/** A tensor of a group: `size` numbers from `offset` on. */
interface Member {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
}

/**
 * Tensors that are updated as one vector. A model has hundreds of small tensors, and a dozen kernels for each
 * would cost more than the arithmetic.
 */
export interface ParameterGroup {
  readonly decay: boolean;
  readonly members: readonly Member[];
  /** The only member's own shape; that of one vector for several. */
  readonly shape: readonly number[];
  /** The members' tensors, chosen by name, as one of {@link shape}. */
  gather(tensors: ReadonlyMap<string, tf.Tensor>): tf.Tensor;
  /** The inverse of {@link gather}. */
  scatter(joined: tf.Tensor): Map<string, tf.Tensor>;
  /** The members' values from one flat array. */
  part(values: Float32Array): Map<string, Float32Array>;
  /** The inverse of {@link part}. */
  join(values: (name: string, size: number) => Float32Array): Float32Array;
}

/** Larger tensors are updated alone: there the copy into a group costs more than the kernels saved. */
const LARGEST_GROUPED = 65_536;

/** Splits variables into groups of the same decay rule. */
export function groupParameters(
  variables: ReadonlyMap<string, tf.Variable>,
  decays: (name: string, shape: readonly number[]) => boolean,
): ParameterGroup[] {
  const groups: ParameterGroup[] = [];
  const small = new Map<boolean, tf.Variable[]>();
  const names = new Map([...variables].map(([name, variable]) => [variable, name]));
  const toGroup = (decay: boolean, members: readonly tf.Variable[]): ParameterGroup =>
    parameterGroup(
      decay,
      members.map((variable) => ({ name: names.get(variable)!, shape: variable.shape, size: variable.size })),
    );
  for (const [name, variable] of variables) {
    const decay = decays(name, variable.shape);
    if (variable.size > LARGEST_GROUPED) groups.push(toGroup(decay, [variable]));
    else small.set(decay, [...(small.get(decay) ?? []), variable]);
  }
  for (const [decay, members] of small) groups.push(toGroup(decay, members));
  return groups;
}

function parameterGroup(decay: boolean, tensors: readonly Omit<Member, 'offset'>[]): ParameterGroup {
  let size = 0;
  const members = tensors.map((tensor) => {
    const offset = size;
    size += tensor.size;
    return { ...tensor, offset };
  });
  const total = size;
  const [first] = members as [Member];
  const isAlone = members.length === 1;
  return {
    decay,
    members,
    shape: isAlone ? first.shape : [total],
    gather: (source) =>
      isAlone
        ? source.get(first.name)!
        : tf.concat1d(
            members.map((member) => tf.reshape(source.get(member.name)!, [member.size]) as tf.Tensor1D),
          ),
    scatter: (joined) => {
      if (isAlone) return new Map([[first.name, joined]]);
      const parts = tf.split(
        joined,
        members.map((member) => member.size),
      );
      return new Map(members.map(({ name, shape }, index) => [name, tf.reshape(parts[index]!, [...shape])]));
    },
    part: (values) =>
      new Map(members.map(({ name, offset, size }) => [name, values.slice(offset, offset + size)])),
    join: (values) => {
      const joined = new Float32Array(total);
      for (const { name, offset, size } of members) joined.set(values(name, size), offset);
      return joined;
    },
  };
}
