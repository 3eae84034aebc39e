import type { FieldNode, GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import { Kind } from 'graphql';

/**
 * Names of the fields that are asked for below these fields of the one that is resolved, such as `['nodes']` of a
 * connection; below itself for none. What `@skip` and `@include` leave out is among them.
 */
export function selectedFields(info: GraphQLResolveInfo, below: readonly string[]): ReadonlySet<string> {
  let sets = selectionSetsOf(info.fieldNodes);
  for (const name of below) sets = selectionSetsOf(fieldsIn(sets, info).filter((field) => field.name.value === name));
  return new Set(fieldsIn(sets, info).map((field) => field.name.value));
}

const selectionSetsOf = (fields: readonly FieldNode[]): SelectionSetNode[] =>
  fields.flatMap(({ selectionSet }) => selectionSet ?? []);

/** A valid document has no fragment that stands in itself. */
function fieldsIn(sets: readonly SelectionSetNode[], info: GraphQLResolveInfo): FieldNode[] {
  return sets
    .flatMap(({ selections }) => selections)
    .flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      const set =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : info.fragments[selection.name.value]?.selectionSet;
      return set ? fieldsIn([set], info) : [];
    });
}
