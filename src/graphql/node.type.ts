import { Field, ID, InterfaceType } from '@nestjs/graphql';

/** Which type an object that `node` found is of: rows carry no mark of their table. */
const typeNames = new WeakMap<object, string>();

@InterfaceType('Node', {
  description: "Something with an id of its own, by Relay's global object identification.",
  resolveType: (value: object) => typeNames.get(value),
})
export abstract class Node {
  @Field(() => ID, { description: 'Stable, and unique among all types.' })
  id!: string;
}

export function markAsNode<T extends object>(value: T, typeName: string): T {
  typeNames.set(value, typeName);
  return value;
}
