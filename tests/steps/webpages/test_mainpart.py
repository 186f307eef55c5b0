"""The article of a page in the page's own HTML, found by texts that somebody extracted."""

from __future__ import annotations

import pytest
from lxml import html

from aggregator.steps.webpages import mainpart, pages

ONE, TWO, THREE = (f"This is paragraph {name} of an article that is long enough." for name in ("one", "two", "three"))
OTHER = "Something that the extractor did not take, of about the same length."


def found(body: str, *texts: str, head: str = "") -> str | None:
    """What is within the article, without the white space between elements; None if it was not found."""
    root = html.document_fromstring(f"<html><head>{head}</head><body>{body}</body></html>")
    article = mainpart.find(root, texts or (ONE, TWO))
    return None if article is None else pages.inside(article)


P1, P2, P3 = f"<p>{ONE}</p>", f"<p>{TWO}</p>", f"<p>{THREE}</p>"
PICTURE = '<figure><img src="1"></figure>'
LINKS = "<ul>" + "".join(f'<li><a href="/{n}">Another article, {n}</a></li>' for n in range(5)) + "</ul>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"<div><div>menu</div><div>{P1}{P2}</div></div>", P1 + P2),
        (f"<div>{P1}<pre>code</pre>{P2}</div>", f"{P1}<pre>code</pre>{P2}"),
        (f"<div>{P1}{P2}<pre>code</pre></div>", f"{P1}{P2}<pre>code</pre>"),
        (f'<div><p><img src="1"></p>{P1}{P2}{LINKS}</div>', f'<p><img src="1"></p>{P1}{P2}{LINKS}'),
        (f"<div>{P1}<aside>{OTHER}</aside>{P2}<form>x</form></div>", P1 + P2),
        (f'<div>{P1}<div class="share-box">{OTHER}</div>{P2}</div>', P1 + P2),
        (f"<div>{P1}<div>{OTHER}</div>{P2}<div>{OTHER}</div></div>", f"{P1}<div>{OTHER}</div>{P2}"),
        (f'<div>{P1}{P2}<div><img src="1"></div></div>', f'{P1}{P2}<div><img src="1"></div>'),
        (f'<div>{P1}<div><a href="/"><img src="1">{OTHER}</a></div>{P2}</div>', P1 + P2),
        (
            f"<section>{P1}</section><div>ad</div><section>{P2}</section>",
            f"<section>{P1}</section><section>{P2}</section>",
        ),
        (f"<header>{PICTURE}by me</header><div>{P1}</div>{P2}", f"{PICTURE}<div>{P1}</div>{P2}"),
        (f"<div>{PICTURE}by me</div><h1>Any</h1>{P1}{P2}", f"{PICTURE}{P1}{P2}"),
        (f"<div>　　{ONE}<br>　　{TWO}<br><b>{OTHER}</b></div>", f"　　{ONE}<br>　　{TWO}<br><b>{OTHER}</b>"),
        (f"<div><div>{ONE}</div><div>{TWO}</div></div>", f"<div>{ONE}</div><div>{TWO}</div>"),
        (f"<div><div>{ONE}</div><span>{OTHER}</span>{P2}</div>", f"<div>{ONE}</div><span>{OTHER}</span>{P2}"),
    ],
)
def test_the_article_is_the_smallest_box_less_what_stands_around_it(body: str, expected: str) -> None:
    assert found(body) == expected


def test_a_part_that_the_extractor_missed_is_found_by_its_class() -> None:
    part = '<div class="part">{}</div>'
    body = f"<div>{part.format(P1 + P2)}{part.format(f'<p>{OTHER} {OTHER}</p>')}</div>"
    assert found(body) == body.removeprefix("<div>").removesuffix("</div>")
    teaser = part.format(f"<h3><a href='/'>Another one</a></h3><p>{OTHER} {OTHER}</p>")
    assert found(f"<div>{part.format(P1 + P2)}{teaser}</div>") == P1 + P2


def test_lists_of_links_are_no_article_even_if_they_were_extracted() -> None:
    body = f"<table><tr><td>{P1}{P2}{P3}</td><td><div>{LINKS}</div></td></tr></table>"
    texts = [f"Another article, {n}" for n in range(5)]
    assert found(body, ONE, TWO, THREE, *texts) == P1 + P2 + P3
    assert found(f"<div>{LINKS}</div>", *texts) == LINKS


@pytest.mark.parametrize(
    ("heading", "head", "stays"),
    [
        ("<h1>Any</h1>", "", False),
        ("<h2>The lamp</h2>", "<title>The lamp - Site</title>", False),
        ("<h2>The lamp</h2>", '<meta property="og:title" content="The lamp">', False),
        ("<div>You are here: <a>News</a></div><h1>Any</h1>", "", False),
        ("<h2>The</h2>", "<title>The lamp - Site</title>", True),
        (f"<p>{OTHER} {OTHER} {OTHER}</p><h1>Any</h1>", "", True),
    ],
)
def test_the_title_and_what_stands_above_it_go(heading: str, head: str, stays: bool) -> None:
    above = [OTHER] if OTHER in heading else []
    kept = found(f"<div>{heading}{P1}{P2}</div>", *above, ONE, TWO, head=head)
    assert kept == (f"{heading}{P1}{P2}" if stays else P1 + P2)


def test_texts_that_stand_twice_are_looked_for_where_the_others_are() -> None:
    body = f"<div><p>{ONE}</p><p>{OTHER}</p></div><div>{P1}{P2}{P3}</div>"
    assert found(body, ONE, TWO, THREE) == P1 + P2 + P3
    assert found(f"<div>{P2}{P1}<p>Yes.</p></div><div>{P1}</div>", TWO, ONE, "Yes.") == f"{P2}{P1}<p>Yes.</p>"


@pytest.mark.parametrize("texts", [("A text that is nowhere in that page.",), ("",)])
def test_nothing_is_found_where_the_text_is_not_in_the_page(texts: tuple[str, ...]) -> None:
    assert found(P1 + P2, *texts) is None
