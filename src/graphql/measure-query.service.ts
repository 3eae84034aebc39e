import type {
  DocumentNode,
  FieldNode,
  FragmentDefinitionNode,
  GraphQLArgument,
  GraphQLField,
  GraphQLInputField,
  GraphQLInputObjectType,
  GraphQLSchema,
  OperationDefinitionNode,
  SelectionSetNode,
} from 'graphql';
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isObjectType,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  valueFromASTUntyped,
} from 'graphql';

/** What an operation is measured by, whatever its variables let through `@skip` and `@include`. */
export interface QueryMeasures {
  /** Fields below each other, from 1. Introspection is not counted: GraphQL's own rule bounds it. */
  readonly depth: number;
  readonly aliases: number;
  /** Fields that the answer can have at most. */
  readonly cost: number;
  /** The largest `first` or `last`. */
  readonly pageSize: number;
  /** Every field that the operation asks for, as `Type.field`. */
  readonly fields: ReadonlySet<string>;
}

/** A page is counted as full, and as of this size at least, so that no argument makes a query cheaper than none does. */
const LEAST_PAGE = 20;
/** What a list below a field with `first` and no cursors holds where nothing is said. */
const LEAST_BATCH = 100;
/** What a list without arguments is taken to hold, such as the tags of an article. */
const USUAL_LIST = 10;

interface Sums {
  readonly depth: number;
  readonly aliases: number;
  readonly cost: number;
}

const NOTHING: Sums = { depth: 0, aliases: 0, cost: 0 };

/**
 * Every field counts one, times the sizes of all the pages and lists it stands in. A sum of what is never negative: adding
 * a field, an argument or a directive never lowers it. Each fragment is looked at once for each page size it is spread
 * under, so that fragments that spread each other in twos cost no time.
 */
export function measureQuery(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): QueryMeasures {
  const measuring = new Measuring(schema, fragmentsOf(document), valuesOf(operation, variables));
  const root = schema.getRootType(operation.operation);
  const sums = root ? measuring.selections(operation.selectionSet, root.name, USUAL_LIST) : NOTHING;
  return { ...sums, pageSize: measuring.largestPage, fields: measuring.fields };
}

function fragmentsOf(document: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  return fragments;
}

/** Variables as sent, with the defaults of those that were not. */
function valuesOf(
  { variableDefinitions }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (variableDefinitions ?? []).map(({ variable, defaultValue }) => {
      const sent = variables[variable.name.value];
      return [variable.name.value, sent === undefined && defaultValue ? valueFromASTUntyped(defaultValue) : sent];
    }),
  );
}

/** Whether a variable of this type can say how large an answer is: `first` is a number, `ids` are IDs. */
export function saysSize(schema: GraphQLSchema, typeName: string): boolean {
  const type = schema.getType(typeName);
  return /^(?:Int|ID)$/.test(typeName) || (isInputObjectType(type) && placesOf('first', fieldsOf(type)).length > 0);
}

type Input = GraphQLArgument | GraphQLInputField;

const fieldsOf = (type: GraphQLInputObjectType): Input[] => Object.values(type.getFields());

/** The ways to arguments of this name, also inside of input objects: `['input', 'first']`. `above`: where that one was come from. */
function placesOf(name: string, inputs: readonly Input[], above: readonly GraphQLInputObjectType[] = []): string[][] {
  return inputs.flatMap((input) => {
    if (input.name === name) return [[name]];
    const type = getNullableType(input.type);
    if (!isInputObjectType(type) || above.includes(type)) return [];
    return placesOf(name, fieldsOf(type), [...above, type]).map((way) => [input.name, ...way]);
  });
}

/** Of every field that was measured: filters are large, and in most queries. */
const waysToFirst = new WeakMap<GraphQLField<unknown, unknown>, string[][]>();

function waysToFirstOf(field: GraphQLField<unknown, unknown>): string[][] {
  const known = waysToFirst.get(field) ?? placesOf('first', field.args);
  waysToFirst.set(field, known);
  return known;
}

const partOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;

const sizeIn = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
/** One value stands for a list of itself. */
const lengthOf = (value: unknown): number => (Array.isArray(value) ? value.length : 1);

class Measuring {
  largestPage = 0;
  readonly fields = new Set<string>();
  private readonly known = new Map<string, Sums>();

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  /** `listSize`: what a list directly in here holds. */
  selections({ selections }: SelectionSetNode, typeName: string, listSize: number): Sums {
    let total = NOTHING;
    for (const selection of selections) {
      let sums: Sums;
      if (selection.kind === Kind.FIELD) sums = this.field(selection, typeName, listSize);
      else if (selection.kind === Kind.FRAGMENT_SPREAD) sums = this.fragment(selection.name.value, listSize);
      else {
        const condition = selection.typeCondition?.name.value ?? typeName;
        sums = this.selections(selection.selectionSet, condition, listSize);
      }
      total = {
        depth: Math.max(total.depth, sums.depth),
        aliases: total.aliases + sums.aliases,
        cost: total.cost + sums.cost,
      };
    }
    return total;
  }

  private fragment(name: string, listSize: number): Sums {
    const key = `${name} ${listSize}`;
    const known = this.known.get(key);
    if (known) return known;
    // Found again inside itself, in a document that is not valid, it counts nothing.
    this.known.set(key, NOTHING);
    const fragment = this.fragments.get(name);
    const sums = fragment
      ? this.selections(fragment.selectionSet, fragment.typeCondition.name.value, listSize)
      : NOTHING;
    this.known.set(key, sums);
    return sums;
  }

  private field(node: FieldNode, typeName: string, listSize: number): Sums {
    const field = this.fieldOf(typeName, node.name.value);
    this.fields.add(`${typeName}.${node.name.value}`);
    const aliases = node.alias ? 1 : 0;
    if (!field || !node.selectionSet) return { depth: 1, aliases, cost: 1 };
    const childType = getNamedType(field.type).name;
    const isIntrospection = childType.startsWith('__');
    const isList = isListType(getNullableType(field.type)) && !isIntrospection;
    const size = this.sizeOf(node, field, isList);
    // What the lists of a connection hold is said at the field that is the connection.
    const below = this.selections(node.selectionSet, childType, (isList ? undefined : size) ?? USUAL_LIST);
    const times = isList ? (size ?? listSize) : 1;
    return {
      depth: isIntrospection ? 1 : below.depth + 1,
      aliases: aliases + below.aliases,
      cost: 1 + times * below.cost,
    };
  }

  /** What the arguments say of the size of a list: of this field where it is one, else of those directly below it. */
  private sizeOf(node: FieldNode, field: GraphQLField<unknown, unknown>, isList: boolean): number | undefined {
    const takes = (argument: string): boolean => field.args.some(({ name }) => name === argument);
    if (takes('ids')) return Math.max(USUAL_LIST, lengthOf(this.valueOf(node, 'ids')));
    const ways = waysToFirstOf(field);
    if (ways.length === 0) return undefined;
    const first = ways.map(([argument = '', ...way]) => sizeIn(way.reduce(partOf, this.valueOf(node, argument))));
    const size = Math.max(0, ...first, sizeIn(this.valueOf(node, 'last')));
    const isPaged = takes('after');
    if (isPaged) this.largestPage = Math.max(this.largestPage, size);
    return Math.max(isPaged || isList ? LEAST_PAGE : LEAST_BATCH, size);
  }

  private valueOf(node: FieldNode, argument: string): unknown {
    const given = node.arguments?.find(({ name }) => name.value === argument);
    return given && valueFromASTUntyped(given.value, this.variables);
  }

  private fieldOf(typeName: string, name: string): GraphQLField<unknown, unknown> | undefined {
    const type = this.schema.getType(typeName);
    const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    return field ?? META_FIELDS[name];
  }
}

const META_FIELDS: Readonly<Record<string, GraphQLField<unknown, unknown>>> = {
  __schema: SchemaMetaFieldDef,
  __type: TypeMetaFieldDef,
};
