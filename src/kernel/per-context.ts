/**
 * What is made once for a GraphQL context, such as loaders, and made anew after each mutation in it: what a loader
 * remembers of the time before a mutation would otherwise be in the answer of that mutation.
 */
export class PerContext<Context extends object, Value extends object> {
  private readonly values = new WeakMap<object, Value>();

  constructor(private readonly make: (context: Context) => Value) {}

  of(context: Context): Value {
    const key = currentKeys.get(context) ?? context;
    let value = this.values.get(key);
    if (!value) {
      value = this.make(context);
      this.values.set(key, value);
    }
    return value;
  }
}

/** Under which object the values of a context are kept since its last mutation. Before the first: under the context. */
const currentKeys = new WeakMap<object, object>();

/** Called before each mutation. */
export function forgetValuesOf(context: object): void {
  currentKeys.set(context, {});
}
