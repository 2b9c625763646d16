/** A call that has arrived as a whole. Names of headers are in lower case, and none was sent twice. */
export type WholeCall = { headers: Readonly<Record<string, string>>; body: Buffer };

/** So a body is one that costs little to parse, whatever is in it (`large-batch.ts`). */
const mostBytes = 65_536;
/** Half of what Node.js takes. */
const mostWholeHeadBytes = 8192;
/** Node.js leaves out what comes behind the thousandth. */
const mostHeaders = 64;
const headEnd = "\r\n\r\n";
/** A name, one space, and a value of printable ASCII: the part of RFC 9112, section 5, that all read alike. */
const plainLine = /^([A-Za-z0-9-]+): ([\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)$/;
const plainLength = /^[1-9]\d{0,4}$/;

/** Of these something else follows than that a body of so many bytes is to be answered. */
const notPlain: ReadonlySet<string> = new Set([
  "transfer-encoding",
  "content-encoding",
  "trailer",
  "te",
  "expect",
  "upgrade",
  // To the parser of Node.js a name for `connection`.
  "proxy-connection",
  // Browsers send these, and are answered otherwise.
  "cookie",
  "origin",
  "sec-fetch-site",
]);

/**
 * Reads bytes as one call that begins with `requestLine`, its end included. Null for all but a whole call
 * in its plainest form, of which nothing can be understood in two ways: the rest is left to Node.js.
 */
export function readWholeCall(bytes: Buffer, requestLine: Buffer): WholeCall | null {
  const from = requestLine.length;
  if (bytes.length <= from || bytes.length > mostBytes) return null;
  if (requestLine.compare(bytes, 0, from) !== 0) return null;
  const end = bytes.indexOf(headEnd, from - 2);
  if (end < 0 || end > mostWholeHeadBytes) return null;
  const lines = bytes.toString("latin1", from, end).split("\r\n");
  if (lines.length > mostHeaders) return null;
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const [, name = "", value] = plainLine.exec(line) ?? [];
    const key = name.toLowerCase();
    if (value === undefined || headers[key] !== undefined || notPlain.has(key)) return null;
    headers[key] = value;
  }
  const { host, connection = "keep-alive", "content-length": length = "" } = headers;
  if (host === undefined || connection.toLowerCase() !== "keep-alive") return null;
  if (!plainLength.test(length)) return null;
  const body = bytes.subarray(end + headEnd.length);
  return body.length === Number(length) ? { headers, body } : null;
}
