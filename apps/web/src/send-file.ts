import { type Upload, upload } from "@muniment/shared/uploads.ts";
import { TRPCClientError } from "@trpc/client";

type Answer = { result?: { data: unknown }; error?: { message: string; data: unknown } };

/** An answer in the form that `problemOf` reads. */
function errorOf(answer: Answer | null): Error {
  const error = new TRPCClientError(answer?.error?.message ?? "No answer.");
  return Object.assign(error, { data: answer?.error?.data });
}

/**
 * Uploads a file, beside an event where one is named. By XMLHttpRequest, because `fetch` does not
 * tell how much has been sent; `onProgress` is told that as a part of 1.
 */
export function sendFile(
  file: File,
  eventId: string | undefined,
  onProgress: (part: number) => void,
): Promise<Upload> {
  const form = new FormData();
  if (eventId !== undefined) form.append("eventId", eventId);
  form.append("file", file, file.name.normalize("NFC"));
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/trpc/uploads.create");
    request.responseType = "json";
    request.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    request.onerror = () => reject(errorOf(null));
    request.onload = () => {
      const answer = request.response as Answer | null;
      const kept = upload.safeParse(answer?.result?.data);
      if (kept.success) resolve(kept.data);
      else reject(errorOf(answer));
    };
    request.send(form);
  });
}
