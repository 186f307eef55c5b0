"""Formulas of every kind stand in the text once, and never as an article's picture."""

from __future__ import annotations

import html as entities
import re

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.steps import summary
from aggregator.steps.html import formulas, markdown, mathml, prepare, sanitize

TEX = r"\frac{a_1}{b} < \sqrt{x} & y"
ESCAPED = entities.escape(TEX)
ROWS = "<mfrac><msub><mi>a</mi><mn>1</mn></msub><mi>b</mi></mfrac>"
MATH = f'<math xmlns="http://www.w3.org/1998/Math/MathML"><semantics><mrow>{ROWS}</mrow>{{}}</semantics></math>'
WITH_TEX = MATH.format(f'<annotation encoding="application/x-tex">{ESCAPED}</annotation>')
GLYPHS = '<span class="base"><span class="mord">E</span><span class="strut"></span></span>'
KATEX = f'<span class="katex"><span class="katex-mathml">{WITH_TEX}</span>@</span>'
FALLBACK = f'<img src="https://wikimedia.org/api/rest_v1/media/math/render/svg/1" class="mwe-math-fallback-image-inline" aria-hidden="true" alt="{ESCAPED}">'  # noqa: E501
WIKIPEDIA = (
    '<span class="mwe-math-element"><span class="mwe-math-mathml-inline" style="display: none;">{}</span>{}</span>'
)
DRAWN = '<span class="MathJax" id="E-1-Frame"><nobr><span class="math"><span>E</span></span></nobr></span>'
ASSISTIVE = f'<span class="MJX_Assistive_MathML" role="presentation">{WITH_TEX}</span>'

ONCE = {
    "KaTeX": KATEX.replace("@", f'<span class="katex-html" aria-hidden="true">{GLYPHS}{GLYPHS}</span>'),
    "KaTeX without its classes": KATEX.replace("@", f"<span aria-hidden='true'>{GLYPHS}</span>"),
    "MathJax 2": f'<script type="math/tex">{TEX}</script>',
    "kramdown": f'<script type="math/tex">% <![CDATA[\n{TEX} %]]></script>',
    "XHTML": f"<script type='math/tex' id='x'>{ESCAPED}</script>",
    "MathJax 2, drawn": f'<span class="MathJax_Preview">[math]</span>{DRAWN}<script type="math/tex">{TEX}</script>',
    "MathJax 2, source lost": f'<span class="MathJax"><nobr aria-hidden="true">{GLYPHS}</nobr>{ASSISTIVE}</span>',
    "MathJax 3": (
        '<mjx-container jax="CHTML"><mjx-math aria-hidden="true"><mjx-mi><mjx-utext>E</mjx-utext></mjx-mi></mjx-math>'
        f"<mjx-assistive-mml>{WITH_TEX}</mjx-assistive-mml></mjx-container>"
    ),
    "Wikipedia": WIKIPEDIA.format(WITH_TEX, FALLBACK),
    "Wikipedia for telephones": WIKIPEDIA.format(WITH_TEX, f"<noscript>{FALLBACK}</noscript>"),
    "its style": WIKIPEDIA.format(WITH_TEX.replace(ESCAPED, f"{{\\displaystyle {ESCAPED}}}"), FALLBACK),
    "alttext": f'<math alttext="{ESCAPED}">{ROWS}</math>',
}  # fmt: skip


def shown(html: str) -> str:
    """The visible text of what is published of some HTML, images as their addresses."""
    published = markdown.to_html(markdown.to_markdown(prepare.prepare(sanitize.sanitize(html, "https://h.test/"))))
    root = html5lib.parseFragment(re.sub('<img src="([^"]*)"', r"\1<img", published), namespaceHTMLElements=False)
    return " ".join("".join(root.itertext()).split())


@pytest.mark.parametrize("kind", ONCE)
@pytest.mark.parametrize("around", ["<p>Let {} be.</p>", "<h2>Let {} be.</h2>", "<ul><li>Let {} be.</li></ul>"])
def test_a_formula_becomes_its_tex_once(kind: str, around: str) -> None:
    assert shown(around.format(ONCE[kind])) == f"Let {TEX} be."
    assert shown(around.format(ONCE[kind] + " and " + ONCE[kind])) == f"Let {TEX} and {TEX} be."


def test_a_displayed_formula_stands_by_itself() -> None:
    display = '<script type="math/tex; mode=display">{}</script>'
    html = f"<p>Let</p>{display.format('x &lt; 1')}{display.format('y')}<p>be.</p>"
    body = markdown.to_markdown(prepare.prepare(sanitize.sanitize(html)))
    assert body.split("\n\n") == ["Let", "x < 1", "y", "be."]


def test_what_only_resembles_a_formula_twice_stays() -> None:
    assert shown(KATEX.replace("@", "").replace(WITH_TEX, "E=mc2")) == "E=mc2"
    assert shown('<span class="katex"><span class="katex-html" aria-hidden="true">E</span></span>') == "E"
    assert shown(f"<span>{WITH_TEX}</span><span>yes</span>") == f"{TEX}yes"
    assert shown('<p class="MathJax">about MathJax</p>') == "about MathJax"
    assert (
        shown(KATEX.replace("@", '<span class="katex-html">never <b>closed')[: -len("</span>")]) == f"{TEX}never closed"
    )
    assert shown("<math alttext='{\\displaystyle a}{b}'></math>") == "{\\displaystyle a}{b}"


@pytest.mark.parametrize(
    ("markup", "line"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<msub><mi>x</mi><mi>i</mi></msub>", "x_i"),
        ("<msubsup><mi>x</mi><mi>i</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msubsup>", "x_i^(n+1)"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mrow><mn>2</mn><mi>c</mi></mrow></mfrac>", "(a+b)/(2c)"),
        ("<msup><mrow><mo>(</mo><mi>a</mi><mo>+</mo><mi>b</mi><mo>)</mo></mrow><mn>10</mn></msup>", "(a+b)^10"),
        ("<msup><mi>sin</mi><mn>2</mn></msup><mo>&#x2061;</mo><mi>x</mi>", "sin^2x"),
        ("<msqrt><mn>2</mn></msqrt><mo>+</mo><msqrt><mi>x</mi><mo>+</mo><mn>1</mn></msqrt>", "√2+√(x+1)"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot><mo>,</mo><mroot><mi>x</mi><mi>n</mi></mroot>", "∛x,x^(1/n)"),
        ("<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>", "∑_(i=1)^n"),
        ("<munder><mi>lim</mi><mrow><mi>x</mi><mo>→</mo><mn>0</mn></mrow></munder>", "lim_(x→0)"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><mover><mo>=</mo><mi>def</mi></mover>", "x¯=^(def)"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
        ("<mtable><mtr><mtd>1</mtd><mtd>0</mtd></mtr><mtr><mtd>0</mtd><mtd>1</mtd></mtr></mtable>", "1, 0; 0, 1"),
        ("<mi>x</mi><mspace width='1em'/><mtext>&nbsp;if&nbsp;</mtext><mi>y</mi>", "x  if y"),
        ("<mphantom><mi>x</mi></mphantom><semantics><mi>y</mi><annotation>no</annotation></semantics>", "y"),
        ("<m:mfrac><m:mn>1</m:mn><m:mn>2</m:mn></m:mfrac>", "1/2"),
        ("<mfrac><mn>1</mn></mfrac><mfrac><mn>1</mn><mn>2", "11/2"),
        ("<msup><mi></mi><mn>2</mn></msup></mrow></math><!-- -->", "^2"),
        ("", ""),
    ],
)  # fmt: skip
def test_mathml_in_a_line_says_what_stands_over_under_and_behind_what(markup: str, line: str) -> None:
    assert mathml.line(markup) == line


@given(st.text(alphabet="<>/&;mfrcsupnirow12 \n"))
def test_a_line_is_made_of_whatever_stands_in_a_formula(markup: str) -> None:
    assert "<m" not in mathml.line(f"<mrow>{markup.replace('&', '')}</mrow>")


DEPTH = 30_000


@pytest.mark.parametrize(
    "html",
    [
        f"<math>{'<mrow>' * DEPTH}x{'</mrow>' * DEPTH}</math>",
        f"<math>{'<msup>' * DEPTH}x</math>",
        "<math>" * DEPTH,
        '<script type="math/tex">' * DEPTH,
        '<script type="math/tex">x</script>' + '<span class="MathJax">' * DEPTH,
        "<math></math></span><span class='katex-html'>" * DEPTH,
        "<mjx-assistive-mml><math>x</math>" + "<mjx-math>" * DEPTH,
        "<math alttext='" + "{\\displaystyle " * DEPTH + "'></math>",
        "<math></math></span><span " + "katex" * DEPTH,
    ],
)
def test_formulas_without_end_take_no_quadratic_time(html: str) -> None:
    """At this length the square would be minutes."""
    assert len(formulas.written(html)) <= len(html)


PICTURES = (
    '<img src="https://s0.wp.com/latex.php?latex=%7Bx%7D&amp;bg=ffffff" alt="{x}" class="latex" />',
    '<img src="https://h.test/f.png" class="align latex">',
    '<img src="https://zhihu.com/equation?tex=a%2Bb" alt="a+b" eeimg="1">',
    '<img src="https://h.test/f.svg" alt="a+b" eeimg="1">',
    FALLBACK,
    '<img class="mwe-math-fallback-image-display" src="https://h.test/f.svg">',
    '<img src="https://latex.codecogs.com/svg.latex?x">',
    '<img src="https://quicklatex.com/cache3/aa/ql_1_l3.png" class="ql-img-inline-formula">',
    '<img src="https://chart.googleapis.com/chart?cht=tx&amp;chl=x">',
    '<img src="https://h.test/cgi-bin/mimetex.cgi?x">',
    '<img src="https://render.githubusercontent.com/render/math?math=x">',
    '<img src="https://math.jianshu.com/math?formula=x">',
    '<img src="https://h.test/_images/math/0123456789.png" alt="x">',
    '<img class="math" src="https://h.test/f.png" alt="x">',
    '<img src="https://h.test/f.png" class="inline tex">',
)


@pytest.mark.parametrize("picture", PICTURES)
def test_the_picture_of_a_formula_is_no_thumbnail_and_stays_in_the_text(picture: str) -> None:
    html = sanitize.sanitize(
        f'<p>Let {picture} be.</p><p><img src="https://h.test/photo.jpg" class="latex-glove math-art"></p>'
    )
    assert summary.first_image(html) == "https://h.test/photo.jpg"
    address = entities.unescape(re.findall('src="([^"]*)"', picture)[0])
    assert address in entities.unescape(markdown.to_markdown(prepare.prepare(html)))


@pytest.mark.parametrize(
    "url",
    [
        "https://h.test/equation/a.png",
        "https://h.test/latex.png",
        "https://www.codecogs.org/a.png",
        "https://chart.googleapis.com/chart?cht=p3",
    ],
)
def test_addresses_that_only_resemble_those_of_formulas_are_none(url: str) -> None:
    assert not formulas.is_drawn(url)
