"""What open_clip makes of captions that need mending, with the tokenizer of the `open-clip-vit` fixture.

    python write_captions.py OUT

`open-clip-captions.json` holds for each caption the text that open_clip cuts into tokens, and the tokens. Captions with
wrong encodings, which @ubt/clip does not mend, are left out; `write_captions.py --compare N FILE` writes N random
captions with open_clip's mended text instead, to compare in bulk.
"""

import gzip
import html
import json
import random
import sys
import tempfile
from pathlib import Path

from open_clip.tokenizer import SimpleTokenizer, basic_clean, get_clean_fn

CAPTIONS = [
    "a “red” car and the dog’s bone",
    "‘single’ ‛reversed‛ „low“ «angled» ‚comma‚ isnʼt",
    "bananas &amp; apples &lt;3",
    "fish &amp;amp; chips, &quot;fresh&quot; &#39;n&#x27; hot",
    "P&EACUTE;REZ and P&eacute;rez, &NTILDE; &nTILDE; &SZLIG;",
    "caf&eacute &copy 2023, this&not that &notit; &unknown;",
    "<b>bold</b> &amp; tagged &mdash; dash",
    "before &amp; line\nwith <i> &amp;amp; after\nthen &amp;lt;",
    "ＬＯＵＤ　ＮＯＩＳＥＳ！ ｶﾞｰﾃﾞﾝ ￦100 ｄｏｇ",
    "ﬂuﬃeﬆ ĳs ǅ ŉ ﬁsh",
    "cafe\u0301 and A\u030angstro\u0308m",
    "curly in Windows-1252: it\u0092s \u0093quoted\u0094 \u0096 done\u0085",
    "colour \x1b[36;44mblue\x1b[0m, bell\x07, mark\ufeff, object\ufffc",
    "two\r\nlines\rthree\u2028four\u2029five",
    "  \u00a0 padded\t\twith   spaces \u3000 ",
    "plain ascii, nothing to mend!",
    "emoji 🍌🍌 日本語 한글 stay",
    "“&ldquo;nested’ &amp;rsquo;s quotes&rdquo;”",
    "",
]


def tokenizer_of(folder: Path) -> SimpleTokenizer:
    merges = json.loads((folder / "tokenizer.json").read_text())["model"]["merges"]
    lines = [merge if isinstance(merge, str) else " ".join(merge) for merge in merges]
    with tempfile.TemporaryDirectory() as temporary:
        file = Path(temporary) / "merges.txt.gz"
        file.write_bytes(gzip.compress("\n".join(["#version: 0.2", *lines]).encode()))
        return SimpleTokenizer(str(file))


def write_captions(out: Path) -> None:
    tokenizer = tokenizer_of(out / "open-clip-vit")
    tokens = [[tokenizer.decoder[i] for i in tokenizer.encode(caption)] for caption in CAPTIONS]
    mended = [basic_clean(caption) for caption in CAPTIONS]
    text = [get_clean_fn("lower")(caption) for caption in CAPTIONS]
    golden = {"captions": CAPTIONS, "mended": mended, "text": text, "tokens": tokens}
    (out / "open-clip-captions.json").write_text(json.dumps(golden, indent=1) + "\n")


def random_caption(source: random.Random) -> str:
    """Words, entities of all kinds, quotes, widths, ligatures and controls in any order."""
    names = list(html.entities.html5)
    characters = (
        list("abcXYZ 012'\"<>&;#,.-_\t\n\r“”‘’‛‟ʼ«»…–—ﬁﬂĲŉǆſéÉß日本한글😀¬½")
        + [chr(code) for code in range(0xFF01, 0xFFD0)]
        + ["\u3000", "\u00a0", "\u200b", "\u2028", "\u0092", "\u0081", "\x1b[31m", "\0", "\x07", "\ufeff", "e\u0301"]
    )
    kinds = [
        lambda: "&" + source.choice(names),
        lambda: "&" + source.choice(names).upper(),
        lambda: f"&#{source.choice([34, 39, 0, 128, 146, 233, 8217, 55296, 65, 0x1F600, 1114112, 9])};",
        lambda: f"&#x{source.choice([0x41, 0x92, 0x2019]):X}" + source.choice([";", "", " "]),
        lambda: "&amp;" + source.choice(["amp;", "quot;", "lt;", "#39;", "nbsp;"]),
        lambda: source.choice(["cat", "a dog", "photo of", "Don’t", "“big”"]),
        lambda: source.choice(characters),
    ]
    return "".join(source.choice(kinds)() for _ in range(source.randint(1, 12)))


def write_random(count: int, file: Path) -> None:
    source = random.Random(5)
    captions = [random_caption(source) for _ in range(count)]
    file.write_text(json.dumps([[caption, basic_clean(caption)] for caption in captions]))


if __name__ == "__main__":
    if sys.argv[1] == "--compare":
        write_random(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        write_captions(Path(sys.argv[1]))
