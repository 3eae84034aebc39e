/** A node of the block tree or of an inline tree: a doubly linked list of children, so that every move is O(1). */
export class TreeNode<Node extends TreeNode<Node>> {
  parent: Node | undefined;
  previous: Node | undefined;
  next: Node | undefined;
  firstChild: Node | undefined;
  lastChild: Node | undefined;

  /** Appends `child`, taking it from where it was. */
  append(child: Node): void {
    child.parent?.remove(child);
    child.previous = this.lastChild;
    child.next = undefined;
    if (this.lastChild) this.lastChild.next = child;
    else this.firstChild = child;
    this.lastChild = child;
    child.parent = this as unknown as Node;
  }

  /** Inserts `child` before `mark`; without a mark, at the end. */
  insertBefore(mark: Node | undefined, child: Node): void {
    if (!mark) {
      this.append(child);
      return;
    }
    child.parent?.remove(child);
    child.previous = mark.previous;
    child.next = mark;
    if (mark.previous) mark.previous.next = child;
    else this.firstChild = child;
    mark.previous = child;
    child.parent = this as unknown as Node;
  }

  insertAfter(mark: Node, child: Node): void {
    this.insertBefore(mark.next, child);
  }

  replace(old: Node, child: Node): void {
    this.insertBefore(old, child);
    this.remove(old);
  }

  /** Takes `child` out; does nothing when it is not a child of this node. */
  remove(child: Node): void {
    if (child.parent !== (this as unknown as Node)) return;
    if (child.previous) child.previous.next = child.next;
    else this.firstChild = child.next;
    if (child.next) child.next.previous = child.previous;
    else this.lastChild = child.previous;
    child.parent = undefined;
    child.previous = undefined;
    child.next = undefined;
  }
}
