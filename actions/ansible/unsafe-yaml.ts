/**
 * Data as YAML in which no text is ever a template. Ansible evaluates `{{ … }}` in every variable, also in those of
 * the inventory and of `-e`, and a template may run programs on this machine. `!unsafe` turns that off.
 * Source: https://docs.ansible.com/ansible/latest/playbook_guide/playbooks_advanced_syntax.html#unsafe-or-raw-strings
 */
import type { Json } from '../action.ts';

export function toUnsafeYaml(value: Json): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return yamlNumber(value);
  if (typeof value === 'string') return `!unsafe ${quote(value)}`;
  if (Array.isArray(value)) return `[${value.map(toUnsafeYaml).join(', ')}]`;
  return toYamlMapping(value, toUnsafeYaml);
}

/** Keys are never templates, and YAML allows no tag that all of Ansible's readers accept there. */
export function toYamlMapping<T>(entries: Record<string, T>, toYaml: (value: T) => string): string {
  const pairs = Object.entries(entries).map(([key, value]) => `${quote(key)}: ${toYaml(value)}`);
  return `{${pairs.join(', ')}}`;
}

/** YAML 1.1 takes an exponent for a number only after a decimal point. */
function yamlNumber(value: number): string {
  return String(value).replace(/^(-?\d+)e/, '$1.0e');
}

/** All but printable ASCII as escapes: PyYAML refuses control characters and splits lines at some others. */
function quote(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/["\\]|[^ -~]/gu, (char) =>
      char === '"' || char === '\\' ? `\\${char}` : `\\U${char.codePointAt(0)?.toString(16).padStart(8, '0')}`,
    );
  return `"${escaped}"`;
}
