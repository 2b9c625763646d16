import type { KeyObject } from "node:crypto";

/** DER (X.690) of something below 64 KiB. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const head = length < 128 ? [length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...head]), content]);
}

const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from("2a8648ce3d040302", "hex")));

/** An X.509 certificate of a key, for nobody, with a signature that fits nothing. */
export function certificateOf(key: KeyObject): Buffer {
  const nobody = der(0x30);
  const time = (text: string) => der(0x17, Buffer.from(text));
  const validity = der(0x30, time("250101000000Z"), time("450101000000Z"));
  const version3 = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.from([1]));
  const spki = key.export({ type: "spki", format: "der" });
  const facts = der(0x30, version3, serial, ecdsaWithSha256, nobody, validity, nobody, spki);
  return der(0x30, facts, ecdsaWithSha256, der(0x03, Buffer.alloc(65)));
}
