/** What scanners ask for, by the hole that they look for; nothing of it is anywhere here. */
const paths: readonly [string, RegExp][] = [
  ["traversal", /\.\.(?:[/\\]|%2f|%5c)|%2e%2e|%00/i],
  [
    "secrets",
    /^\/+(?:[^?]*\/)?\.(?:env|git|svn|hg|aws|ssh|htaccess|htpasswd|DS_Store)(?:[./?]|$)/i,
  ],
  ["php", /\.(?:php\d?|phtml|aspx?|jsp|cgi)(?:[/?]|$)/i],
  [
    "panels",
    /^\/+(?:wp-(?:admin|content|includes|json)|phpmyadmin|pma|cgi-bin|manager\/html|solr|actuator|_ignition|vendor\/phpunit|HNAP1|boaform)(?:[/?]|$)/i,
  ],
];

/** The hole that a path looks for, if it does. */
export const probeInPath = (target: string): string | undefined =>
  paths.find(([, pattern]) => pattern.test(target.slice(0, 2000)))?.[0];

const inputs: readonly [string, RegExp][] = [
  [
    "sql",
    /\bunion\s+(?:all\s+)?select\b|['"]\s*(?:or|and)\s+['"\d][^=]{0,20}=|;\s*(?:drop|delete|insert|update)\s|\b(?:pg_sleep|waitfor\s+delay|benchmark)\b\s*[('"]/i,
  ],
  ["script", /<script\b|\bon(?:error|load|click)\s*=|javascript:/i],
  ["template", /\$\{jndi:|\{\{.{0,40}\}\}|<%=/i],
  ["traversal", /(?:\.\.[/\\]){2}|\/etc\/passwd/i],
];

/** Texts of an input that are looked at, and characters of each. */
const looked = { texts: 50, characters: 1000 };

function* textsIn(value: unknown, depth = 0): Generator<string> {
  if (typeof value === "string") yield value.slice(0, looked.characters);
  if (typeof value !== "object" || value === null || depth > 4) return;
  for (const one of Object.values(value)) yield* textsIn(one, depth + 1);
}

/** The hole that an input which was refused looks for, if it does. Nothing of the input is kept. */
export function probeInInput(input: unknown): string | undefined {
  let texts = 0;
  for (const text of textsIn(input)) {
    const found = inputs.find(([, pattern]) => pattern.test(text))?.[0];
    if (found) return found;
    texts += 1;
    if (texts >= looked.texts) return undefined;
  }
  return undefined;
}
