/** What an option is when nobody names it; with `--quick`, for a run of a minute or two. */
export type BenchDefaults = Readonly<Record<string, { readonly usual: string; readonly quick?: string }>>;

/** Reads `--name value` behind the name of the benchmark. */
export function readBenchOptions<Defaults extends BenchDefaults>(defaults: Defaults) {
  const words = process.argv.slice(3);
  const isQuick = words.includes('--quick');
  const text = (name: keyof Defaults & string): string => {
    const index = words.indexOf(`--${name}`);
    const one = defaults[name];
    const fallback = (isQuick ? one?.quick : undefined) ?? one?.usual ?? '';
    return index < 0 ? fallback : (words[index + 1] ?? fallback);
  };
  return { text, number: (name: keyof Defaults & string): number => Number(text(name)) };
}
