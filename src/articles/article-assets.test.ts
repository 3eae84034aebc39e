import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../markdown/render-markdown.js';
import { ArticleAssets } from './article-assets.js';

const UNSAFE = { unsafe: true };
const assets = new ArticleAssets('https://cdn.example.org');
const inHtml = (html: string) => assets.inHtml(html, '/posts/a');
const inMarkdown = (markdown: string) => assets.inMarkdown(markdown, '/posts/a', UNSAFE);
const AT = 'https://cdn.example.org/posts/a';

describe('images in HTML', () => {
  it.each([
    ['<img src="a.jpg" alt="x">', `<img src="${AT}/a.jpg" alt="x">`],
    [`<IMG alt=x SRC = 'a.jpg'>`, `<IMG alt=x SRC = "${AT}/a.jpg">`],
    ['<img src=a.jpg>', `<img src="${AT}/a.jpg">`],
    ['<img src=a.jpg/>', `<img src="${AT}/a.jpg/">`],
    ['<img src="a.jpg?w=1&amp;h=2">', `<img src="${AT}/a.jpg?w=1&amp;h=2">`],
    ['<img src="&#x61;.jpg">', `<img src="${AT}/a.jpg">`],
    ['<img src="a&quot;b.jpg">', `<img src="${AT}/a%22b.jpg">`],
    ['<img srcset="a.jpg, b.jpg 2x">', `<img srcset="${AT}/a.jpg, ${AT}/b.jpg 2x">`],
    ['<img srcset="a.jpg 1x,b.jpg 2x,">', `<img srcset="${AT}/a.jpg 1x,${AT}/b.jpg 2x,">`],
    ['<img srcset="/a.jpg 1x, b,c.jpg 2x">', `<img srcset="/a.jpg 1x, ${AT}/b,c.jpg 2x">`],
    [
      '<picture><source srcset="a.webp"><img src="a.jpg"></picture>',
      `<picture><source srcset="${AT}/a.webp"><img src="${AT}/a.jpg"></picture>`,
    ],
    ['<video src="a.mp4" poster="a.jpg"></video>', `<video src="${AT}/a.mp4" poster="${AT}/a.jpg"></video>`],
    ['<noscript><img src="a.jpg"></noscript>', `<noscript><img src="${AT}/a.jpg"></noscript>`],
  ])('%s', (html, resolved) => {
    expect(inHtml(html)).toBe(resolved);
  });

  it.each([
    '<a href="a.pdf">a</a>',
    '<a href="../b/">b</a>',
    '<img src="/a.jpg" srcset="https://example.org/a.jpg 2x, data:image/png;base64,AA== 3x">',
    '<img src alt="a.jpg">',
    '<img src="">',
    '<img data-src="a.jpg">',
    '<constructor src="a.jpg"><img>',
    '<!-- <img src="a.jpg"> -->',
    '<script>"<img src=\'a.jpg\'>"</script>',
    '<pre>&lt;img src="a.jpg"&gt;</pre>',
  ])('leaves %s', (html) => {
    expect(inHtml(html)).toBe(html);
  });
});

describe('images in Markdown', () => {
  it.each([
    ['![A](a.jpg)', `![A](${AT}/a.jpg)`],
    ['![A]( ./a.jpg "T" ) and ![B](b.jpg)', `![A]( ${AT}/a.jpg "T" ) and ![B](${AT}/b.jpg)`],
    ['![A](<images/a b.png>)', `![A](<${AT}/images/a%20b.png>)`],
    [String.raw`![A](a\(1.jpg)`, String.raw`![A](${AT}/a\(1.jpg)`],
    ['![A](a.jpg?x=1&amp;copy;)', `![A](${AT}/a.jpg?x=1&amp;copy;)`],
    ['[![A](a.jpg)](b.jpg)', `[![A](${AT}/a.jpg)](b.jpg)`],
    ['- one\n\n  > two\n  > ![A\n  > B](a.jpg)', `- one\n\n  > two\n  > ![A\n  > B](${AT}/a.jpg)`],
    ['| a |\n| - |\n| ![A](a.jpg) \\| x |', `| a |\n| - |\n| ![A](${AT}/a.jpg) \\| x |`],
    ['# ![A](a.jpg) #', `# ![A](${AT}/a.jpg) #`],
    ['Text[^1]\n\n[^1]: ![A](a.jpg)', `Text[^1]\n\n[^1]: ![A](${AT}/a.jpg)`],
    [
      '![A][a] ![a] ![B][]\n\n> [a]: a.jpg\n> [B]:\n>   <b.jpg> "T"\n',
      `![A][a] ![a] ![B][]\n\n> [a]: ${AT}/a.jpg\n> [B]:\n>   <${AT}/b.jpg> "T"\n`,
    ],
    ['<div>\n<img src="a.jpg">\n</div>', `<div>\n<img src="${AT}/a.jpg">\n</div>`],
    ['> Text <img\n> src=a.jpg> text', `> Text <img\n> src="${AT}/a.jpg"> text`],
    ['> <div>\n> <img src="a.jpg">\n> </div>', `> <div>\n> <img src="${AT}/a.jpg">\n> </div>`],
    ['\u{1F600}\uD800 ![A](a.jpg)', `\u{1F600}\uD800 ![A](${AT}/a.jpg)`],
  ])('%s', (markdown, resolved) => {
    expect(inMarkdown(markdown)).toBe(resolved);
  });

  it.each([
    '`![A](a.jpg)`',
    '```\n![A](a.jpg)\n<img src="a.jpg">\n```',
    '    ![A](a.jpg)',
    '[A](a.pdf) [B][b]\n\n[b]: b.jpg',
    String.raw`\![A](a.jpg)`,
    '![A](/a.jpg) ![B](https://example.org/b.jpg) ![C](#c) ![D]()',
    '![A][missing]',
  ])('leaves %s', (markdown) => {
    expect(inMarkdown(markdown)).toBe(markdown);
  });

  it('renders to what resolving the HTML gives', () => {
    const piece = fc.constantFrom(
      '![A](a.jpg)',
      '![A](<b.jpg> "T")',
      '![A](a(1)\\_%7c.jpg?x=1&y;#z)',
      '![B][r]',
      '[r]: r.jpg "T"\n',
      '[r]: <../s.jpg>\n',
      '<img src=a.jpg>',
      '<img src="a.jpg" srcset="a.jpg, b.jpg 2x">',
      '<video poster=p.jpg>',
      '<!-- <img src="c.jpg"> -->',
      '[^f]',
      '[^f]: ',
      ...[
        '[',
        '](',
        ')',
        '!',
        '`',
        '*',
        '\\',
        '> ',
        '- ',
        '    ',
        '\t',
        '\n',
        '\n\n',
        '| ',
        '|\n|-|\n|',
        '# ',
        '<div>\n',
        ' ',
        'a',
        ':',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 16 }), (pieces) => {
        const markdown = pieces.join('');
        // Ids of headings are made of their source, and a link may share its definition with an image.
        const render = (text: string) =>
          renderMarkdown(text, { goldmark: UNSAFE }).html.replaceAll(/ (?:id|href)="[^"]*"/g, '');
        expect(render(inMarkdown(markdown))).toBe(inHtml(render(markdown)));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hostile texts', () => {
  it.each([
    ['images', '![](a.jpg)'],
    ['open images', '!['],
    ['open destinations', '![](a('],
    ['tags', '<img src=a.jpg>'],
    ['open tags', '<img src="'],
    ['commas', '<img srcset=",'],
    ['definitions', '[a]: a.jpg\n'],
  ])('of %s are read to their end', (_name, part) => {
    const text = part.repeat(100_000 / part.length);
    expect(inHtml(text).length + inMarkdown(text).length).toBeGreaterThan(100_000);
    const srcset = `<img srcset="${`${','.repeat(50)} a${','.repeat(50)}`.repeat(1000)}">`;
    expect(inHtml(srcset)).toContain(`${AT}/a,`);
  });
});
