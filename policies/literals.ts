/** The words and numbers that conditions compare a path with: the raw material of "what would have to change". */
import type { ASTNode } from '@marcbachmann/cel-js';
import { type Condition, leavesOf } from './condition.ts';
import { pathOf, pathsIn, walk } from './syntax.ts';

/** Words, and whole numbers as they stand in JSON, each once. */
export function literalsFor(conditions: readonly Condition[], path: string): (string | number)[] {
  const found = conditions
    .flatMap((condition) => leavesOf(condition.tree))
    .flatMap((leaf) => [...walk(leaf.node)])
    .flatMap((node) => comparedWith(node, path));
  return [...new Set(found)];
}

export function wordsFor(conditions: readonly Condition[], path: string): string[] {
  return literalsFor(conditions, path).filter((value) => typeof value === 'string');
}

export function pathsOf(conditions: readonly Condition[]): string[] {
  const leaves = conditions.flatMap((condition) => leavesOf(condition.tree));
  return [...new Set(leaves.flatMap((leaf) => pathsIn(leaf.node)).map((path) => path.join('.')))];
}

function comparedWith(node: ASTNode, path: string): (string | number)[] {
  const sides = sidesOf(node);
  if (!sides.some((side) => pathOf(side)?.join('.') === path)) return [];
  return sides.flatMap((side) => (side.op === 'list' ? side.args : [side])).flatMap(literalOf);
}

function sidesOf(node: ASTNode): ASTNode[] {
  switch (node.op) {
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case 'in':
      return [...node.args];
    default:
      return [];
  }
}

function literalOf(node: ASTNode): (string | number)[] {
  if (node.op !== 'value') return [];
  if (typeof node.args === 'bigint') return [Number(node.args)];
  return typeof node.args === 'string' || typeof node.args === 'number' ? [node.args] : [];
}
