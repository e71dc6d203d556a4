/** What a person typed in Slack as the line that Drover's grammar reads. Pure. */

/**
 * Undoes what Slack does to text: the mention of the bot, links made of host names, escapes, and typographic quotes.
 * Source: docs.slack.dev/messaging/formatting-message-text#retrieving-messages
 */
export function toLine(text: string, botUser: string): string {
  const words = text
    .replaceAll(`<@${botUser}>`, ' ')
    .replaceAll(/<(?:https?:\/\/|mailto:|tel:)[^|>]*\|([^>]*)>/g, '$1')
    .replaceAll(/<((?:https?:\/\/|mailto:|tel:)[^|>]*)>/g, '$1')
    .replaceAll(/<([@#!][^|>]*)(?:\|([^>]*))?>/g, (_whole, id: string, name: string | undefined) => name || id)
    .replaceAll(/[“”„]/g, '"')
    .replaceAll(/[‘’]/g, "'")
    .replaceAll('\u00a0', ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
    .trim();
  // Whoever speaks to the bot need not say `vm`; nothing at all asks for help.
  if (words === '' || words.toLowerCase() === 'vm') return 'vm help';
  return /^\/?vm\s/i.test(words) ? words.replace(/^\//, '') : `vm ${words}`;
}
