import type { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { beyond, WaypostError } from '../kernel/errors.js';

const DEFAULT_PAGE_SIZE = 20;
export const MOST_PAGE_SIZE = 100;

@ObjectType({ description: "Where a page stands in its list, by Relay's cursor specification." })
class PageInfo {
  @Field({ description: 'Whether more follows after `endCursor`.' })
  hasNextPage!: boolean;

  @Field({ description: 'Whether something stands before `startCursor`.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first edge; null on an empty page.' })
  startCursor!: string | null;

  @Field(() => String, { nullable: true, description: 'Cursor of the last edge; null on an empty page.' })
  endCursor!: string | null;
}

@ArgsType()
export class PageArgs {
  @Field(() => Int, { nullable: true, description: 'How many from the start. Default 20, at most 100.' })
  first?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what stands after this cursor.' })
  after?: string | null;

  @Field(() => Int, { nullable: true, description: 'How many from the end. Not together with `first`. At most 100.' })
  last?: number | null;

  @Field(() => String, { nullable: true, description: 'Only what stands before this cursor.' })
  before?: string | null;
}

export interface Edge<Node> {
  readonly cursor: string;
  readonly node: Node;
}

export interface Connection<Node> {
  readonly edges: readonly Edge<Node>[];
  readonly nodes: readonly Node[];
  readonly pageInfo: PageInfo;
  /** A getter: rows are counted only when it is read. */
  readonly totalCount: Promise<number>;
}

/** How many rows to read, and from which end. */
export interface Page {
  readonly size: number;
  readonly backward: boolean;
  readonly after?: string;
  readonly before?: string;
}

/** @throws WaypostError BAD_ARGUMENT for `first` with `last` or a negative number, PAGE_TOO_LARGE for more than 100. */
export function readPage(args: PageArgs): Page {
  const { first, last } = args;
  if (first != null && last != null) {
    throw new WaypostError('BAD_ARGUMENT', ['Send "first" or "last", not both.']);
  }
  const size = first ?? last ?? DEFAULT_PAGE_SIZE;
  const name = last != null ? 'last' : 'first';
  if (size < 0) throw new WaypostError('BAD_ARGUMENT', [`"${name}" is ${size}. Write a number from 0 to 100.`]);
  if (size > MOST_PAGE_SIZE) throw beyond('PAGE_TOO_LARGE', size, MOST_PAGE_SIZE);
  return { size, backward: last != null, after: args.after ?? undefined, before: args.before ?? undefined };
}

/** Makes the connection type of a node type: edges, nodes, pageInfo, totalCount. */
export function connectionOf<Node extends object>(node: Type<Node>, name: string): Type<Connection<Node>> {
  @ObjectType(`${name}Edge`, { description: `One ${name} in a list, with its cursor.` })
  class EdgeType {
    @Field({ description: 'Opaque. Send it as `after` or `before`.' })
    cursor!: string;

    @Field(() => node, { description: `The ${name}.` })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of a list of ${name}.` })
  class ConnectionType {
    @Field(() => [EdgeType], { description: 'The page, with cursors.' })
    edges!: EdgeType[];

    @Field(() => [node], { description: 'The page, without cursors.' })
    nodes!: Node[];

    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many the whole list has. Counted only when asked for.' })
    totalCount!: number;
  }

  return ConnectionType as unknown as Type<Connection<Node>>;
}
