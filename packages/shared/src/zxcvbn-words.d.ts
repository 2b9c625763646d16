/** The one list of the package that is used; its index would bring in three more. */
declare module "@zxcvbn-ts/language-en/dist/commonWords.json.mjs" {
  const words: string[];
  // biome-ignore lint/style/noDefaultExport: the package's own
  export default words;
}
