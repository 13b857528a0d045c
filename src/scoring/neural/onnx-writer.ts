/** A number that names an element type in ONNX. */
export const OnnxType = { float: 1, int64: 7, float16: 10, bfloat16: 16 } as const;

/** A weight that stays in its own file. */
export interface ExternalTensor {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  /** Path relative to the folder the session is told. */
  readonly location: string;
  /** Of the first byte in that file. */
  readonly offset: number;
  readonly bytes: number;
}

/** A small constant that is written into the graph itself. */
export interface InlineTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly int64: readonly number[];
}

export type OnnxAttribute = number | { readonly float: number } | readonly number[];

export interface OnnxNode {
  readonly type: string;
  /** Empty for the standard operators. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** A number or a list is whole; a broken number is given as `{ float }`. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output. A dimension that is a string has any size, the same wherever the string is the same. */
export interface OnnxPort {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly (number | string)[];
}

export interface OnnxModel {
  readonly nodes: readonly OnnxNode[];
  readonly external: readonly ExternalTensor[];
  readonly inline: readonly InlineTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

const OPSET = 17;
const IR_VERSION = 8;

/** The bytes of an ONNX `ModelProto`. Field numbers are those of onnx.proto. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const graph = Buffer.concat([
    ...model.nodes.map((node, place) => message(1, writeNode(node, place))),
    text(2, "encoder"),
    ...model.external.map((tensor) => message(5, writeExternal(tensor))),
    ...model.inline.map((tensor) => message(5, writeInline(tensor))),
    ...model.inputs.map((port) => message(11, writePort(port))),
    ...model.outputs.map((port) => message(12, writePort(port))),
  ]);
  const opset = (domain: string, version: number) => message(8, Buffer.concat([text(1, domain), whole(2, version)]));
  return Buffer.concat([
    whole(1, IR_VERSION),
    text(2, "imagenet-think"),
    message(7, graph),
    opset("", OPSET),
    opset("com.microsoft", 1),
  ]);
}

function writeNode(node: OnnxNode, place: number): Buffer {
  return Buffer.concat([
    ...node.inputs.map((name) => text(1, name)),
    ...node.outputs.map((name) => text(2, name)),
    text(3, `${node.type}-${place}`),
    text(4, node.type),
    ...Object.entries(node.attributes ?? {}).map(([name, value]) => message(5, writeAttribute(name, value))),
    ...(node.domain === undefined ? [] : [text(7, node.domain)]),
  ]);
}

function writeAttribute(name: string, value: OnnxAttribute): Buffer {
  if (typeof value === "number") return Buffer.concat([text(1, name), whole(3, value), whole(20, 2)]);
  if ("float" in value) return Buffer.concat([text(1, name), float32(2, value.float), whole(20, 1)]);
  return Buffer.concat([text(1, name), ...value.map((number) => whole(8, number)), whole(20, 7)]);
}

function writeExternal(tensor: ExternalTensor): Buffer {
  const entry = (key: string, value: string) => message(13, Buffer.concat([text(1, key), text(2, value)]));
  return Buffer.concat([
    ...tensor.shape.map((size) => whole(1, size)),
    whole(2, tensor.type),
    text(8, tensor.name),
    entry("location", tensor.location),
    entry("offset", String(tensor.offset)),
    entry("length", String(tensor.bytes)),
    whole(14, 1),
  ]);
}

function writeInline(tensor: InlineTensor): Buffer {
  return Buffer.concat([
    ...tensor.shape.map((size) => whole(1, size)),
    whole(2, OnnxType.int64),
    text(8, tensor.name),
    message(9, new Uint8Array(BigInt64Array.from(tensor.int64, BigInt).buffer)),
  ]);
}

function writePort(port: OnnxPort): Buffer {
  const shape = port.shape.map((size) => message(1, typeof size === "number" ? whole(1, size) : text(2, size)));
  const tensor = Buffer.concat([whole(1, port.type), message(2, Buffer.concat(shape))]);
  return Buffer.concat([text(1, port.name), message(2, message(1, tensor))]);
}

/** Fields without a value are written too: a shape of `0` or an empty domain means something here. */
function whole(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

function float32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(field * 8 + 5), bytes]);
}

function text(field: number, value: string): Buffer {
  return message(field, Buffer.from(value, "utf8"));
}

function message(field: number, body: Uint8Array): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  // Negative numbers are written as 64 bits of two's complement.
  let left = BigInt.asUintN(64, BigInt(value));
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  bytes.push(Number(left));
  return Buffer.from(bytes);
}
