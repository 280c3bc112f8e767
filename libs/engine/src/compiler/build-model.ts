import {
  AttributeProto_AttributeType as AttributeType,
  ModelProto,
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type AttributeProto,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from '../onnx/gen/onnx/onnx.js';
import { Float, type Attributes, type GraphNode } from '../recorder/graph-node.js';
import { ARRAYS, isFrozenLeaf, type ElementType, type HostArray, type Value } from '../recorder/value.js';
import { fillKey, isUnheldFill, type Collection } from './collect.js';
import { writingOrder } from './execution-order.js';

/** Format version 10 and operator set 21 go together. */
const IR_VERSION = 10;
const OPSETS = [
  { domain: '', version: 21 },
  { domain: 'com.microsoft', version: 1 },
];

const DATA_TYPES: Record<ElementType, DataType> = {
  float32: DataType.FLOAT,
  int32: DataType.INT32,
  int64: DataType.INT64,
  float64: DataType.DOUBLE,
  bool: DataType.BOOL,
  int8: DataType.INT8,
  uint8: DataType.UINT8,
};

/** A model to compile. */
export interface BuiltModel {
  /** The encoded `ModelProto`. */
  readonly model: Uint8Array;
  /** Elements that the model only names, by the location it gives. */
  readonly externalData: readonly { readonly path: string; readonly data: Uint8Array }[];
}

type TypeAndShape = Pick<Value, 'dtype' | 'shape'>;

/** Name of the i-th leaf in the model. */
export function leafName(index: number): string {
  return `x${index}`;
}

/** Name of a computed value in the model. */
export function valueName(value: Value): string {
  return `v${value.place}`;
}

/**
 * Writes the collection as an ONNX model. Leaves are inputs, down to single numbers: a learning rate that changes
 * every step must not compile anew. Constants of the kernels are part of the model, and so are frozen values, whose
 * elements go beside it: a message of several hundred megabytes would be copied twice.
 */
export function buildModel(collection: Collection): BuiltModel {
  const graph: GraphProto = {
    name: 'recorded',
    node: [],
    initializer: [],
    input: [],
    output: collection.outputs.map((value) => valueInfo(valueName(value), value)),
  };
  const leaves = new Map<Value, string>();
  collection.leaves.forEach((leaf, i) => {
    leaves.set(leaf, leafName(i));
    graph.input.push(valueInfo(leafName(i), leaf));
  });
  const constants = new Constants(graph);
  const nameOf = (value: Value | null): string => {
    if (value === null) return '';
    return leaves.get(value) ?? constants.nameOf(value) ?? valueName(value);
  };
  for (const node of writingOrder(collection.nodes)) graph.node.push(nodeProto(node, nameOf));
  const model = { irVersion: IR_VERSION, producerName: 'ubt-engine', graph, opsetImport: OPSETS };
  const elements = new Map(collection.baked.map(({ constantKey, data }) => [constantKey!, bytesOf(data!)]));
  const externalData = [...elements].map(([path, data]) => ({ path, data }));
  return { model: ModelProto.encode(model).finish(), externalData };
}

/** Puts each distinct constant into the graph once, when it is first named. */
class Constants {
  private readonly names = new Map<string, string>();

  constructor(private readonly graph: GraphProto) {}

  /** Name of a constant or of an unheld fill; undefined for every other value. */
  nameOf(value: Value): string | undefined {
    if (value.constantKey !== null) {
      return this.once(value.constantKey, (name) =>
        this.graph.initializer.push(
          isFrozenLeaf(value) ? externalTensor(name, value) : tensor(name, value, value.data!),
        ),
      );
    }
    return isUnheldFill(value) ? this.once(fillKey(value), (name) => this.addFill(name, value)) : undefined;
  }

  private once(key: string, add: (name: string) => void): string {
    let name = this.names.get(key);
    if (name === undefined) {
      name = `c${this.names.size}`;
      this.names.set(key, name);
      add(name);
    }
    return name;
  }

  private addFill(name: string, { dtype, shape, fill }: Value): void {
    const element = dtype === 'int64' ? BigInt64Array.of(BigInt(fill!)) : ARRAYS[dtype].of(fill!);
    const sizes = BigInt64Array.from(shape, BigInt);
    this.graph.initializer.push(
      tensor(`${name}_element`, { dtype, shape: [] }, element),
      tensor(`${name}_sizes`, { dtype: 'int64', shape: [shape.length] }, sizes),
    );
    this.graph.node.push({
      input: [`${name}_element`, `${name}_sizes`],
      output: [name],
      name: `Expand_${name}`,
      opType: 'Expand',
      attribute: [],
      domain: '',
    });
  }
}

function nodeProto(node: GraphNode, nameOf: (value: Value | null) => string): NodeProto {
  return {
    input: node.inputs.map(nameOf),
    output: node.outputs.map(valueName),
    name: `${node.type}_${node.outputs[0]!.place}`,
    opType: node.type,
    attribute: attributeProtos(node.attributes),
    domain: node.domain,
  };
}

function attributeProtos(attributes: Attributes): AttributeProto[] {
  return Object.entries(attributes).map(([name, attribute]) => {
    const proto = { name, f: 0, i: 0, s: Buffer.alloc(0), t: undefined, floats: [], ints: [] };
    if (attribute instanceof Float) return { ...proto, type: AttributeType.FLOAT, f: attribute.value };
    if (typeof attribute === 'number') return { ...proto, type: AttributeType.INT, i: attribute };
    if (typeof attribute === 'string') {
      return { ...proto, type: AttributeType.STRING, s: Buffer.from(attribute) };
    }
    return { ...proto, type: AttributeType.INTS, ints: [...attribute] };
  });
}

function valueInfo(name: string, value: TypeAndShape): ValueInfoProto {
  const dim = value.shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: DATA_TYPES[value.dtype], shape: { dim } } } };
}

function tensor(name: string, value: TypeAndShape, data: HostArray): TensorProto {
  return { ...emptyTensor(name, value), rawData: bytesOf(data) };
}

function externalTensor(name: string, value: Value): TensorProto {
  const location = { key: 'location', value: value.constantKey! };
  return { ...emptyTensor(name, value), externalData: [location], dataLocation: DataLocation.EXTERNAL };
}

function emptyTensor(name: string, { dtype, shape }: TypeAndShape): TensorProto {
  const [rawData, dataLocation] = [Buffer.alloc(0), DataLocation.DEFAULT];
  return { name, dims: [...shape], dataType: DATA_TYPES[dtype], rawData, externalData: [], dataLocation };
}

function bytesOf(data: HostArray): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
