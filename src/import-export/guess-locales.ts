/** The codes of ISO 639-1, the two-letter names of languages. */
const LANGUAGES = new Set(
  `aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
   et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj
   kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv
   ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti
   tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu`.split(/\s+/),
);

/**
 * The languages that a tree of files shows, sorted, where nobody says them: `post.de.md` beside `post.md` or
 * `post.fr.md`, and `de/post.md` beside `post.md` or `fr/post.md`. A code alone proves nothing: `about.io.md` is no Ido.
 * `names`: below the content folder, with `/`.
 */
export function guessLocales(names: readonly string[]): string[] {
  const bases = new Set<string>();
  const variants = new Map<string, Set<string>>();
  for (const name of names) {
    const base = name.toLowerCase().replace(/\.[^./]+$/, '');
    bases.add(base);
    for (const [code, original] of [bySuffix(base), byFolder(base)].filter((one) => one !== undefined)) {
      const codes = variants.get(original) ?? new Set();
      variants.set(original, codes.add(code));
    }
  }
  const found = [...variants].filter(([original, codes]) => codes.size > 1 || bases.has(original));
  return [...new Set(found.flatMap(([, codes]) => [...codes]))].sort();
}

function bySuffix(base: string): [code: string, original: string] | undefined {
  const dot = base.lastIndexOf('.');
  if (dot <= base.lastIndexOf('/') + 1) return undefined;
  const code = base.slice(dot + 1);
  return isLanguage(code) ? [code, base.slice(0, dot)] : undefined;
}

function byFolder(base: string): [code: string, original: string] | undefined {
  const slash = base.indexOf('/');
  if (slash < 0) return undefined;
  const code = base.slice(0, slash);
  return isLanguage(code) ? [code, base.slice(slash + 1)] : undefined;
}

/** `de`, `pt-br`, `zh-hans`. */
function isLanguage(code: string): boolean {
  return /^[a-z]{2}(?:[-_](?:[a-z]{2}|[a-z]{4}|\d{3}))?$/.test(code) && LANGUAGES.has(code.slice(0, 2));
}
