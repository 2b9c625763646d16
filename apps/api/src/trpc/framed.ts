/** Messages of a subscription in its wire format (`http/subscription.ts`), made once for many callers. */
export class Framed {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** One message that a caller can resume behind: what tRPC's own adapter writes of a tracked one. */
export const frame = (id: string, data: unknown) =>
  Buffer.from(`data: ${JSON.stringify(data)}\nid: ${id}\n\n`);

/** To be yielded where a message is: what a caller gets is the messages. */
export const framed = <Message>(bytes: Buffer) => new Framed(bytes) as unknown as Message;
