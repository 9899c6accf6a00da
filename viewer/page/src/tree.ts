// The history of a session: a tree of steps, for whoever goes back and does otherwise. The root is the start.

export interface Node { id: number; parent: number; step: string; children: number[] }

export class Tree {
  private constructor(readonly nodes: Node[], readonly at: number) {}

  static readonly start = new Tree([{ id: 0, parent: -1, step: "", children: [] }], 0);

  /** The steps from the start to a node. */
  path(to = this.at): string[] {
    const steps: string[] = [];
    for (let n = this.nodes[to]; n.parent >= 0; n = this.nodes[n.parent]) steps.push(n.step);
    return steps.reverse();
  }

  /** A step is taken: the branch that has it already, or a new one. */
  take(step: string): Tree {
    const known = this.nodes[this.at].children.find((c) => this.nodes[c].step === step);
    if (known !== undefined) return new Tree(this.nodes, known);
    const id = this.nodes.length;
    const nodes = this.nodes.map((n) => n.id === this.at ? { ...n, children: [...n.children, id] } : n);
    return new Tree([...nodes, { id, parent: this.at, step, children: [] }], id);
  }

  go(id: number): Tree { return id >= 0 && id < this.nodes.length ? new Tree(this.nodes, id) : this; }
  back(): Tree { return this.go(this.nodes[this.at].parent); }

  /** The way on that was taken last, or where it is. */
  forth(): Tree {
    const children = this.nodes[this.at].children;
    return children.length ? this.go(children[children.length - 1]) : this;
  }

  get branches(): number { return this.nodes.filter((n) => n.children.length === 0).length; }

  /** The nodes as they are listed: a branch is indented where it leaves the one that was there first. */
  listed(): { node: Node; depth: number }[] {
    const rows: { node: Node; depth: number }[] = [], todo = [{ id: 0, depth: 0 }];
    while (todo.length) {
      const { id, depth } = todo.pop()!, node = this.nodes[id];
      rows.push({ node, depth });
      const [first, ...others] = node.children;
      if (first !== undefined) todo.push({ id: first, depth });
      for (const c of others.reverse()) todo.push({ id: c, depth: depth + 1 });
    }
    return rows;
  }
}
