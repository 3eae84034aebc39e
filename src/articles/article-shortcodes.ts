import { formatStampDate } from '../front-matter/updated-stamp.js';
import { affLinkHtml } from '../shortcodes/aff.js';
import type { ShortcodeDefinitions } from '../shortcodes/definition.js';
import { escapeTemplateText as escapeHtml } from '../shortcodes/html-template.js';
import type { ArticleView } from './article-view.js';

/** Search engines are told that the link is paid for (`sponsored`), and the new page gets no handle on ours (`noopener`). */
const LINK_REL = 'sponsored nofollow noopener';

/**
 * The built-in shortcodes over the state of one article, and the host's own. A host cannot replace a built-in one: links
 * that are not tracked would look like tracked ones.
 */
export function articleShortcodes(view: ArticleView, own: ShortcodeDefinitions = {}): ShortcodeDefinitions {
  return {
    ...own,
    aff: {
      inner: 'optional',
      render: (call) => {
        const link = view.linkAt(call.offset);
        if (!link) return escapeHtml(call.inner);
        return link.href === undefined
          ? escapeHtml(link.text)
          : affLinkHtml({ href: link.href, rel: LINK_REL, text: link.text });
      },
    },
    disclosure: {
      render: () =>
        view.disclosures.length === 0
          ? ''
          : `<span class="affiliate-disclosure">${escapeHtml(view.disclosures.join(' '))}</span>`,
    },
    updated: {
      render: (call) => {
        return escapeHtml(formatStampDate(view.updatedOn, String(call.get('form', 0)) || ISO_FORM));
      },
    },
  };
}

const ISO_FORM = 'YYYY-MM-DD';
