import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Any } from './gen/google/protobuf/any.js';

/** What ts-proto generates beside each message interface, as far as it is needed here. */
export interface MessageType<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
  fromJSON(object: unknown): T;
  toJSON(message: T): unknown;
}

/**
 * Wraps a message for an `Any` field.
 *
 * @param typeName full protobuf name, such as `ubt.detector.v1.DetectResult`
 */
export function packAny<T>(typeName: string, type: MessageType<T>, message: T): Any {
  return { typeUrl: `type.googleapis.com/${typeName}`, value: Buffer.from(type.encode(message).finish()) };
}

/** The message inside an `Any`, or undefined when it holds another type. */
export function unpackAny<T>(typeName: string, type: MessageType<T>, any: Any | undefined): T | undefined {
  return any?.typeUrl.endsWith(`/${typeName}`) === true ? type.decode(any.value) : undefined;
}
