/** Reading a CEL syntax tree: its parts, its literals, its paths. Knows nothing of policy. */
import type { ASTNode } from '@marcbachmann/cel-js';

/** `target.tags.env` and `target.tags["env"]` alike. */
export type Path = string[];

export function children(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    case 'list':
    case '[]':
    case '[?]':
    case '?:':
    case '||':
    case '&&':
    case '==':
    case '!=':
    case 'in':
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return node.args;
  }
}

export function* walk(node: ASTNode): Generator<ASTNode> {
  yield node;
  for (const child of children(node)) yield* walk(child);
}

export function mentions(node: ASTNode, variable: string): boolean {
  for (const part of walk(node)) if (part.op === 'id' && part.args === variable) return true;
  return false;
}

/** Null when the node is no chain of names from a variable. */
export function pathOf(node: ASTNode): Path | null {
  if (node.op === 'id') return [node.args];
  if (node.op === '.') return extend(pathOf(node.args[0]), node.args[1]);
  if (node.op === '[]') return extend(pathOf(node.args[0]), stringOf(node.args[1]));
  return null;
}

export function stringOf(node: ASTNode): string | null {
  return node.op === 'value' && typeof node.args === 'string' ? node.args : null;
}

export function sourceOf(node: ASTNode): string {
  return node.input.slice(node.start, node.end);
}

/** The longest paths in a node, each once, in order. */
export function pathsIn(node: ASTNode): Path[] {
  const path = pathOf(node);
  const found = path === null ? children(node).flatMap(pathsIn) : [path];
  return [...new Map(found.map((each) => [each.join('.'), each])).values()];
}

function extend(path: Path | null, name: string | null): Path | null {
  return path === null || name === null ? null : [...path, name];
}
