import type { FieldNode, GraphQLResolveInfo, OperationDefinitionNode, SelectionSetNode } from 'graphql';
import { Kind, TypeInfo, visit, visitWithTypeInfo } from 'graphql';

/**
 * Names of the fields that are asked for below these fields of the one that is resolved, such as `['nodes']` of a
 * connection; below itself for none. What `@skip` and `@include` leave out is among them.
 */
export function selectedFields(info: GraphQLResolveInfo, below: readonly string[]): ReadonlySet<string> {
  let sets = selectionSetsOf(info.fieldNodes);
  for (const name of below) sets = selectionSetsOf(fieldsIn(sets, info).filter((field) => field.name.value === name));
  return new Set(fieldsIn(sets, info).map((field) => field.name.value));
}

const fieldsByOperation = new WeakMap<OperationDefinitionNode, ReadonlySet<string>>();

/** Every field that is asked for anywhere in the operation, as `Type.field`. */
export function operationFields({ schema, operation, fragments }: GraphQLResolveInfo): ReadonlySet<string> {
  const known = fieldsByOperation.get(operation);
  if (known) return known;
  const fields = new Set<string>();
  const types = new TypeInfo(schema);
  const Field = (node: FieldNode): void => {
    fields.add(`${types.getParentType()?.name}.${node.name.value}`);
  };
  const definitions = [operation, ...Object.values(fragments)];
  visit({ kind: Kind.DOCUMENT, definitions }, visitWithTypeInfo(types, { Field }));
  fieldsByOperation.set(operation, fields);
  return fields;
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
