import { crc32, deflateSync } from "node:zlib";

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const u16 = (value: number) => u32(value).subarray(2);
const latin1 = (text: string) => Buffer.from(text, "latin1");

/** Text that must not be in what is kept. */
export const secretPlace = "52.5163N 13.3777E";

export function pngChunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([latin1(name), data]);
  return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
}

const pngSignature = Buffer.from("89504e470d0a1a0a", "hex");
const header = (width: number, height: number) =>
  pngChunk("IHDR", Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])]));

/** A grey PNG; `more` stands between its header and its data. */
export function png({ width = 1, height = 1, more = [] as Buffer[], end = Buffer.alloc(0) } = {}) {
  const rows = Buffer.alloc(Math.min((width + 1) * height, 1024));
  const parts = [pngSignature, header(width, height), ...more];
  const data = [pngChunk("IDAT", deflateSync(rows)), pngChunk("IEND", Buffer.alloc(0)), end];
  return Buffer.concat([...parts, ...data]);
}

export const pngText = (text = secretPlace) => pngChunk("tEXt", latin1(`Comment\0${text}`));

const segment = (marker: number, data: Buffer) =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);

/** EXIF with a place, and which side is up. */
function exif(orientation: number): Buffer {
  const entry = (tag: number, type: number, count: number, value: Buffer) =>
    Buffer.concat([u16(tag), u16(type), u32(count), value]);
  const entries = [
    entry(0x010e, 2, secretPlace.length, u32(38)),
    entry(0x0112, 3, 1, Buffer.concat([u16(orientation), u16(0)])),
  ];
  const tiff = [latin1("MM"), u16(42), u32(8), u16(entries.length), ...entries, u32(0)];
  return segment(0xe1, Buffer.concat([latin1("Exif\0\0"), ...tiff, latin1(secretPlace)]));
}

const quantization = Buffer.from(
  "0003020202020203020202030303030406040404040408060605060908" +
    "0a0a090809090a0c0f0c0a0b0e0b09090d110d0e0f101011100a0c12131210130f101010",
  "hex",
);

/** A grey JPEG of one scan, with an orientation and a place. */
export function jpeg({ width = 1, height = 1, orientation = 6, end = Buffer.alloc(0) } = {}) {
  const size = Buffer.concat([u16(height), u16(width)]);
  return Buffer.concat([
    Buffer.from("ffd8", "hex"),
    exif(orientation),
    segment(0xe2, latin1("ICC_PROFILE\0 of somebody")),
    segment(0xfe, latin1(secretPlace)),
    segment(0xdb, quantization),
    segment(0xc9, Buffer.concat([Buffer.from([8]), size, Buffer.from([1, 1, 0x11, 0])])),
    segment(0xcc, Buffer.from("00101005", "hex").subarray(0, 4)),
    segment(0xda, Buffer.from("01010000 3f00".replace(" ", ""), "hex")),
    Buffer.from("d2cf20ffd9", "hex"),
    end,
  ]);
}

const subBlocks = (text: string) =>
  Buffer.concat([Buffer.from([text.length]), latin1(text), Buffer.from([0])]);

export function gif({ width = 1, height = 1, frames = 1, end = Buffer.alloc(0) } = {}) {
  const le = (value: number) => Buffer.from([value & 0xff, value >> 8]);
  const size = Buffer.concat([le(width), le(height)]);
  const frame = Buffer.concat([
    Buffer.from([0x2c, 0, 0, 0, 0]),
    size,
    Buffer.from([0, 2, 2, 0x4c, 0x01, 0]),
  ]);
  return Buffer.concat([
    latin1("GIF89a"),
    size,
    Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
    Buffer.from([0x21, 0xff, 11]),
    latin1("NETSCAPE2.0"),
    Buffer.from([3, 1, 0, 0, 0]),
    Buffer.from([0x21, 0xff, 11]),
    latin1("XMP DataXMP"),
    subBlocks(secretPlace),
    Buffer.concat([Buffer.from([0x21, 0xfe]), subBlocks(secretPlace)]),
    ...Array.from({ length: frames }, () => frame),
    Buffer.from([0x3b]),
    end,
  ]);
}

/** A WebP without loss, of one colour, with EXIF and XMP. */
export function webp({ width = 1, height = 1, end = Buffer.alloc(0) } = {}) {
  const chunk = (name: string, data: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(data.length);
    return Buffer.concat([latin1(name), length, data, Buffer.alloc(data.length % 2)]);
  };
  const packed = Buffer.alloc(4);
  packed.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0);
  const canvas = Buffer.alloc(10);
  canvas[0] = 0x0c;
  canvas.writeUIntLE(width - 1, 4, 3);
  canvas.writeUIntLE(height - 1, 7, 3);
  const body = Buffer.concat([
    latin1("WEBP"),
    chunk("VP8X", canvas),
    chunk("VP8L", Buffer.concat([Buffer.from([0x2f]), packed, Buffer.from("8888080000", "hex")])),
    chunk("EXIF", latin1(secretPlace)),
    chunk("XMP ", latin1(`<x>${secretPlace}</x>`)),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([latin1("RIFF"), length, body, end]);
}

export const pdf = (more = "") =>
  latin1(
    `%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n${more}trailer<</Root 1 0 R>>\n%%EOF\n`,
  );

/** An empty ZIP archive whose comment is of a length. */
export const zipEnd = (commentLength = 0) =>
  Buffer.concat([
    latin1("PK\u0005\u0006"),
    Buffer.alloc(16),
    Buffer.from([commentLength & 0xff, commentLength >> 8]),
  ]);

/** What every virus scanner takes for a virus by agreement (EICAR); in parts, so that this file is none. */
export const eicar = [
  "X5O!P%@AP[4\\PZX54(P^)7CC)7}$",
  "EICAR-STANDARD-",
  "ANTIVIRUS-TEST-FILE!$H+H*",
].join("");
