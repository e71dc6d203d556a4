/**
 * Looks a page over as somebody with a screen reader, a keyboard or weak eyes would meet it. Runs inside the browser.
 * Measures: WCAG 2.2, 1.4.3 (contrast), 1.4.10 (reflow), 4.1.2 (name, role, value).
 */
import type { Page } from 'playwright-core';

/** What is wrong, one line each; empty when nothing is. */
export async function auditPage(page: Page): Promise<string[]> {
  return [...(await page.evaluate(findWrongMarkup)), ...(await page.evaluate(findWeakContrast))];
}

function findWrongMarkup(): string[] {
  const wrong: string[] = [];
  const shown = (element: Element) => element.checkVisibility();
  for (const control of [...document.querySelectorAll('button, input, textarea, a, dialog, nav, section')].filter(
    shown,
  )) {
    const labels = [
      control.getAttribute('aria-label'),
      document.getElementById(control.getAttribute('aria-labelledby') ?? '')?.textContent,
      control.id === '' ? null : document.querySelector(`label[for="${control.id}"]`)?.textContent,
      control.matches('button, a') ? control.textContent : null,
    ];
    if (!labels.some((label) => (label ?? '').trim() !== '')) wrong.push(`no name: ${control.outerHTML.slice(0, 120)}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) wrong.push(`id twice: ${id}`);
  if (document.querySelectorAll('main').length !== 1) wrong.push('not exactly one main');
  if (document.querySelectorAll('h1').length !== 1) wrong.push('not exactly one h1');
  if (document.querySelector('[aria-live]') === null) wrong.push('no live region');
  if (document.documentElement.lang === '') wrong.push('no language');
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push(`the page is ${document.documentElement.scrollWidth} px wide`);
  return wrong;
}

function findWeakContrast(): string[] {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (canvas === null) return ['no canvas to measure colours with'];
  const mix = (colours: string[]) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [red = 0, green = 0, blue = 0] = canvas.getImageData(0, 0, 1, 1).data;
    const linear = (value: number) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const grounds = (element: Element | null): string[] =>
    element === null ? ['white'] : [...grounds(element.parentElement), getComputedStyle(element).backgroundColor];
  const weak = new Set<string>();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (element === null || (texts.currentNode.textContent ?? '').trim() === '') continue;
    if (!element.checkVisibility() || element.closest('.hidden, [aria-disabled="true"], script, style') !== null)
      continue;
    const ground = grounds(element);
    const [a, b] = [mix(ground), mix([...ground, getComputedStyle(element).color])];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5)
      weak.add(`contrast ${ratio.toFixed(2)}: ${element.className} "${element.textContent?.slice(0, 40)}"`);
  }
  return [...weak];
}
