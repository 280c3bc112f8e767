import { describe, expect, it } from '@jest/globals';
import { html, showControls, trusted, untrusted } from './markup.js';

describe('html', () => {
  it('escapes every text, in elements and in attributes', () => {
    const text = `<img src=x onerror="alert('1')"> & co`;
    const escaped = '&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt; &amp; co';
    expect(html`<p title="${text}">${text}</p>`.text).toBe(`<p title="${escaped}">${escaped}</p>`);
  });

  it('keeps markup, joins lists and shows nothing for nothing', () => {
    const items = ['a<', html`<b>${'>'}</b>`, undefined, 0];
    expect(html`<p>${items}${trusted('<br>')}</p>`.text).toBe('<p>a&lt;<b>&gt;</b>0<br></p>');
  });
});

describe('untrusted', () => {
  it('isolates the writing direction', () => {
    expect(untrusted('\u202Egnp.exe').text).toBe('<bdi>\u202Egnp.exe</bdi>');
  });

  it('cuts by characters, never through one', () => {
    expect(untrusted('🍌🍌🍌', 2).text).toBe('<bdi>🍌🍌…</bdi>');
    expect(untrusted('🍌🍌🍌', 3).text).toBe('<bdi>🍌🍌🍌</bdi>');
  });
});

describe('showControls', () => {
  it('makes control sequences visible and harmless', () => {
    expect(showControls('a\u001b[2Jb\u0000c\r\nd\u009b1m')).toBe('a␛[2Jb␀c d␡1m');
  });
});
