/** Lets the browser save an export under its own name, without leaving the page: from its beginning, also one that broke off. */
export function download(id: string): void {
  const link = document.createElement("a");
  link.href = `/api/v1/exports/${id}?offset=0`;
  link.download = "";
  link.click();
}
