import sanitizeHtml from 'sanitize-html';

const TAGS = `h1 h2 h3 h4 h5 h6 p hr br blockquote pre code div span section ul ol li dl dt dd table thead tbody tfoot tr th td
  caption a img figure figcaption em strong b i u s del ins sub sup small mark abbr cite q kbd samp var time details summary`;

/**
 * What remains of HTML whose author nobody vouches for: text, structure, pictures and links that lead to the web. No script,
 * style, frame, form or event handler, and no address that is not http, https or mailto.
 */
const RULES: sanitizeHtml.IOptions = {
  allowedTags: TAGS.split(/\s+/),
  allowedAttributes: {
    '*': ['id', 'class', 'lang', 'dir', 'title', 'role'],
    a: ['href', 'rel'],
    img: ['src', 'alt', 'width', 'height', 'loading'],
    ol: ['start', 'reversed', 'type'],
    td: ['colspan', 'rowspan', 'align'],
    th: ['colspan', 'rowspan', 'align', 'scope'],
    time: ['datetime'],
    details: ['open'],
  },
  allowedSchemes: ['http', 'https', 'mailto'],
  allowedSchemesByTag: { img: ['http', 'https'] },
  allowProtocolRelative: false,
  // Paid or not, a link of an author nobody vouches for gives no handle and no credit.
  transformTags: {
    a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: safeRel(attribs['rel']) } }),
  },
  disallowedTagsMode: 'discard',
  nestingLimit: 100,
};

export function sanitizeArticle(html: string): string {
  return sanitizeHtml(html, RULES);
}

function safeRel(rel: string | undefined): string {
  return [...new Set([...(rel ?? '').split(/\s+/).filter((word) => word !== ''), 'nofollow', 'noopener'])].join(' ');
}
