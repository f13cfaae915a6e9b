/** Passwords that are hard to carry: in a URL, in JSON, in XML, in a shell, in a graph. */
export const HARD_PASSWORDS = [
  'p@ss:w/rd?#%',
  'ü "quoted" \\ %41',
  'a&b=c;d+e f',
  ' spaces at both ends ',
  '%2F%00$HOME {{x}}',
  '[::1]@host:554/',
  "'; rm -rf ~ #`id`",
  '密码🔑',
  '\\\\"',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a password that looks like a variable
  '<&>${HOME}]]>',
  'aB3$/?#@'.repeat(8),
  'x'.repeat(120),
] as const;

/** Fails when the password is in the text, as it is or as one of the forms that logs, JSON, XML and URLs have. */
export function expectWithout(password: string, text: string): void {
  const json = JSON.stringify(password).slice(1, -1);
  const xml = password.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const login = password.replace(/[%/?#]/g, encodeURIComponent);
  for (const form of [password, json, JSON.stringify(json).slice(1, -1), xml, encodeURIComponent(password), login]) {
    if (text.includes(form)) throw new Error(`the password ${password} is in: ${text}`);
  }
}
