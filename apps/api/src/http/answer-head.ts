import {
  type IncomingMessage,
  ServerResponse,
  validateHeaderName,
  validateHeaderValue,
} from "node:http";

/** How Node.js puts the head of an answer together; not in its types. */
type HeadMaker = { _storeHeader(firstLine: string, headers: unknown): void };

/**
 * The class of answers that all begin with these headers, checked and joined once: to do that for
 * each answer takes Node.js a tenth of what a call without a database costs
 * (docs/adr/0027-what-a-call-costs.md).
 * @throws Error where Node.js makes heads in another way, so that no answer goes without
 */
export function answersWith(headers: Record<string, string>): typeof ServerResponse {
  const { _storeHeader } = ServerResponse.prototype as unknown as HeadMaker;
  if (typeof _storeHeader !== "function") throw new Error("Node.js makes heads in another way");
  let block = "";
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    block += `${name}: ${value}\r\n`;
  }
  class Answer<Request extends IncomingMessage = IncomingMessage> extends ServerResponse<Request> {
    _storeHeader(firstLine: string, others: unknown): void {
      _storeHeader.call(this as unknown as HeadMaker, firstLine + block, others);
    }
  }
  return Answer;
}
