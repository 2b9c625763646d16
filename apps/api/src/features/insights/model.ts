import { askBounds } from "@muniment/shared/insights.ts";
import type { Config } from "../../config.ts";
import type { Egress } from "../../egress/egress.ts";
import { AppError } from "../../errors.ts";
import { modelFetch } from "./model-fetch.ts";

/** The framing of a streamed answer takes some hundred bytes for each piece of a word. */
const maxBodyBytes = 1_048_576;

export type Said = { instructions: string; content: string };

/** Answers the text of the model's reply piece by piece. */
export type Model = (said: Said, signal: AbortSignal) => AsyncGenerator<string>;

const failed = (why: string, cause?: unknown) => new AppError("model_failed", why, { cause });

/** Sentences of the way out are for people; what the endpoint itself says is not repeated. */
function explain(error: unknown): AppError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AppError) return cause;
  }
  const { statusCode, cause } = error as { statusCode?: number; cause?: unknown };
  if (statusCode !== undefined && statusCode !== 200) {
    return failed(`The model's endpoint answered with status ${statusCode}.`, error);
  }
  const sentence = [error, cause].find(
    (one) => one instanceof Error && /^(?:The|There) [\w ]+[\d. s]*\.$/.test(one.message),
  );
  const why = sentence instanceof Error ? ` ${sentence.message}` : "";
  return failed(`The model gave no usable answer.${why}`, error);
}

/** Speaks to an OpenAI-compatible endpoint; it is given no tools, and a call of one is an error. */
export function createModel(
  { baseUrl, apiKey, name, timeoutSeconds }: NonNullable<Config["model"]>,
  egress: Egress,
): Model {
  return async function* stream({ instructions, content }, signal) {
    // Loaded by the first question, as most installations ask none.
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const bounds = { timeoutMilliseconds: timeoutSeconds * 1000, maxBodyBytes };
    const provider = createOpenAICompatible({
      name: "model",
      baseURL: baseUrl,
      ...(apiKey === null ? {} : { apiKey }),
      fetch: modelFetch(egress, signal, bounds),
    });
    try {
      const { stream: parts } = await provider.chatModel(name).doStream({
        prompt: [
          { role: "system", content: instructions },
          { role: "user", content: [{ type: "text", text: content }] },
        ],
        maxOutputTokens: askBounds.outputTokens,
        temperature: 0,
        abortSignal: signal,
      });
      // Leaving the loop cancels the stream, and so the request.
      for await (const part of parts) {
        if (part.type === "error") throw part.error;
        if (part.type === "tool-call" || part.type === "tool-input-start") {
          throw failed("The model asked for a tool, and there is none.");
        }
        if (part.type === "text-delta") yield part.delta;
      }
    } catch (error) {
      throw explain(error);
    }
  };
}
