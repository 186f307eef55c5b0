# ruff: noqa: E501, SIM905
"""Pairs of texts with labels: our own local news in Chinese and English × named transformations, and hard negatives.

Texts are composed from banks of words by seeded chance: `make("train")` and `make("frozen")` use halves of the banks
that share no noun, place or person. Thresholds were looked at with the train half only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Literal

BASES = 120
"""Texts of a half; two thirds are Chinese."""
Label = Literal["same text", "same event", "other"]

ZH = {
    "place": "青石桥 南湾渡口 梧桐里 云岭县 松涧镇 北塘街 望江坪 鹿鸣谷 盐仓巷 东坝村 柳浪闸 石榴园 金沙滩 雁回岭 白鹭洲 老钟楼 西河口 竹溪乡 红枫坡 月牙湖 "
    "铁匠铺 麦田站 双井台 海棠路 杏花埠 清水湾 乌篷镇 鼓楼坊 燕尾港 木兰寨 桃源坳 灯塔岛".split(),
    "who": "面包师 修钟匠 渔船主 小学老师 花店老板 退休矿工 兽医 图书管理员 灯塔看守 木雕艺人 公交司机 种茶人 合唱队 志愿者 豆腐坊主 摄影社 护林员 养蜂人 年轻木匠 盲人琴师 "
    "裁缝 造纸师傅 邮递员 剧团团长 菜贩 制伞人 放映员 天文爱好者 船坞工人 陶艺家 书法老师 滑冰教练".split(),
    "thing": "旧书集市 屋顶菜园 风筝博物馆 社区厨房 纸船比赛 夜间班车 石板路 流动书车 水磨坊 露天影院 候鸟观测站 共享工具间 古戏台 雨水花园 木偶展 河道清淤船 手工皂铺 电影放映队 "
    "老照片展 树屋 豆腐节 旱冰场 观星台 修补铺 种子银行 儿童合唱团 长桌宴 茶山步道 打铁铺 邮票展 旧渡轮 灯笼街 竹编课堂 石拱桥 露天泳池 陶窑 风车 雕版作坊 蜂箱 稻草人大赛".split(),
    "act": "重新开张 迎来首批客人 宣布免费开放 连夜完成搬迁 换上了新的招牌 收到一笔匿名捐款 因暴雨推迟 引来邻镇围观 被列入保护名录 开始接受预约 挂上了百年前的匾额 恢复了停办多年的传统 "
    "邀请居民投票 办了一场拍卖 更换了全部灯具 修好了漏水的屋顶 请来外地师傅 结束试运行 取消了门票 把时间改到傍晚 搬进了旧粮仓 招收第一届学徒 装上了太阳能板 公布了账目".split(),
    "why": "为了留住年轻人 因为老屋漏雨严重 考虑到上学的孩子 在一次街坊会议之后 趁着枯水期 按照去年的约定 由于材料涨价 听取了老人的意见 为纪念第一任馆长 在冬天到来之前 出于安全的担心 "
    "借着集市的人气 应外地读者的来信 为了省下电费 看准了假期的客流 在专家查看梁柱之后".split(),
    "say": "这里的每块木头我都认得 我们只想让孩子有个去处 没想到会来这么多人 慢一点没关系 钱总会有办法的 下雨也照常 谁愿意学都可以来 我爷爷那辈就这么做 夜里也能听见笑声 "
    "希望明年还能办 账本就放在门口 最难的是找到会手艺的人 先把漏的地方补上 这不是生意 我每天都来看一眼 等桥修好就更方便了".split(),
    "frame": (
        "{place}的{thing}{act}，{why}，{who}和{who}一早就赶到现场。",
        "{why}，{who}提出把{thing}移到{place}，这个主意得到多数人的支持。",
        "“{say}，”{who}在{place}说，“{say}。”",
        "据{place}的{who}介绍，{thing}共花费{n}万元，其中{n}万元来自{who}的捐赠。",
        "{who}告诉来访的人，{thing}每周开放{n}天，最多的一天来了{n}人。",
        "与{place}的{thing}相比，这里更小，但{who}认为位置更好。",
        "{act}之后，{thing}的排队时间从{n}分钟降到{n}分钟。",
        "有{who}担心噪声，{who}答应晚上{n}点前结束，并在{place}另设入口。",
        "附近的{place}也在筹备{thing}，{who}已经去看过两次。",
        "{thing}的设计图由{who}手绘，原稿现存{place}，编号{n}。",
        "去年冬天，{place}的{who}曾用{n}个周末清理{thing}，{why}才停下。",
        "{who}把剩下的木料送给{place}，请{who}做成{n}张长凳。",
        "不少{who}从{place}坐车来看{thing}，车程大约{n}分钟。",
        "“{say}，”说这话的是一位{who}，他在{place}住了{n}年。",
    ),
}  # fmt: skip
EN = {
    "place": "Millbrook|Harbour Lane|Old Quarry|Fernside|Copper Hill|Saltmarsh|Windy Gate|Ashford Green|Kestrel Bay|Lower Weir|Pinewood|Tollhouse Row|Greyfriars|Otter Creek|Maple Yard|Stonebridge|"
    "Juniper Street|Beacon Head|Drover's End|Larkfield|Canal Basin|Foxglove Lane|Riverton|Lantern Quay".split("|"),
    "who": "the baker|a retired miner|two librarians|the harbour master|a young carpenter|the village choir|a watchmaker|three volunteers|the bus driver|a beekeeper|the vet|a pottery teacher|"
    "the night ranger|a bookbinder|four students|the ferry crew|a tailor|the park keeper|a stonemason|the projectionist|a seed collector|the lighthouse guide|an organ builder|the tea grower".split(
        "|"
    ),
    "thing": "rooftop garden|kite museum|paper boat race|night bus|travelling library|water mill|open-air cinema|bird hide|tool library|puppet show|wooden pier|community kitchen|tree house|"
    "lantern walk|seed bank|repair cafe|skating rink|star platform|clock tower|long-table supper|stamp fair|old ferry|bamboo workshop|stone arch|print shop|apple press|brass band|rain garden".split(
        "|"
    ),
    "act": "reopened on Saturday|welcomed its first guests|was moved overnight|received an anonymous gift|was delayed by heavy rain|drew visitors from across the valley|joined the protected list|"
    "started taking bookings|dropped its entrance fee|ended a long trial run|moved into the old granary|took on its first apprentice|got a new copper roof|published its accounts".split(
        "|"
    ),
    "why": "because the old roof leaked badly|to keep younger families in town|after a long meeting with neighbours|while the river was low|as promised the year before|since timber had become so dear|"
    "to honour its first keeper|before the frost sets in|out of concern for the school run|thanks to letters from abroad|to save on lighting|once an engineer had seen the beams".split(
        "|"
    ),
    "say": "I know every plank in here by its knots|we only wanted a place for the children|nobody expected such a crowd|slow work is still work|rain will not stop us this time|anyone who wants to learn may come|"
    "my grandfather did it the same way|you can hear them laughing at night|I hope we can do it again|the ledger lies by the door for all to read|finding skilled hands was the hardest part|this was never a business".split(
        "|"
    ),
    "frame": (
        "The {thing} at {place} {act} {why}, and {who} came early to watch.",
        "{why}, {who} proposed moving the {thing} to {place}, and most people agreed.",
        '"{say}," said {who} at {place}. "{say}."',
        "According to {who}, the {thing} cost {n} thousand, of which {n} thousand came from {who}.",
        "The {thing} opens {n} days a month, and {n} people came on the busiest of them, said {who}.",
        "Compared with the {thing} at {place} it is smaller, but {who} likes the spot better.",
        "After it {act}, waiting times fell from {n} to {n} minutes.",
        "Some feared the noise, so {who} promised to close by {n} and to add a gate towards {place}.",
        "Nearby {place} is planning a {thing} as well; {who} went to see it twice.",
        "The drawings by {who} are kept at {place} under the number {n}.",
        "Last winter {who} spent {n} weekends clearing the {thing} near {place} {why}.",
        "The spare timber went to {place}, where {who} turned it into {n} benches.",
    ),
}
SYNONYMS = {
    "重新开张": "再次营业", "介绍": "讲述", "告诉": "对", "担心": "担忧", "附近": "周边", "支持": "赞成", "花费": "用去", "不少": "许多", "另设": "新开", "筹备": "准备",
    "proposed": "suggested", "agreed": "said yes", "feared": "worried about", "promised": "pledged", "planning": "preparing", "smaller": "more modest", "kept": "stored", "Nearby": "Neighbouring",
}  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """One article as a source has it."""

    title: str
    paragraphs: tuple[str, ...]
    lang: str
    source: str = "a"
    published: datetime = datetime(2025, 3, 3, 8, tzinfo=UTC)

    @property
    def body(self) -> str:
        return "\n\n".join(self.paragraphs)


FLASHES = {
    "zh": (
        ("{who}离开{place}", "【快讯】{who}离开{place}。"),
        ("{who}将在{place}开办{thing}", "小城社3月3日电，{who}将在{place}开办{thing}，开放时间另行通知，请街坊们留意公告，出门注意安全。"),
        ("今日{thing}：{place}", ("今日{thing}一带整体平静，{place}往来较为顺畅。往后几天仍需留意天气和路况，请街坊们密切关注公告栏的消息，"
         "合理安排出门时间，带好雨具，照看好老人和孩子。")),
    ),
    "en": (
        ("{who} leaves {place}", "(Valley Wire) - {who} leaves {place}, a note on the door said on Friday."),
        ("{who} to open {thing} at {place}", ("(Valley Wire) - {who} will open a {thing} at {place}, a note on the door said on Friday. Opening "
         "hours will be told later and neighbours are asked to watch the board by the bridge.")),
        ("{thing} today: {place}", ("All was quiet around the {thing} today, and people came and went at {place} as they like. Watch the "
         "weather and the roads over the next days, look at the board by the bridge before you leave, take a coat along, and mind the "
         "old and the young ones on the way.")),
    ),
}  # fmt: skip
"""Moulds of short texts by language: title and text."""


@dataclass(frozen=True)
class Pair:
    """Two articles, what they are to each other, and how the second was made."""

    kind: str
    label: Label
    one: Piece
    other: Piece
    lang: str = field(default="")


class Writer:
    """Composes articles from one half of the banks."""

    def __init__(self, half: str, seed: str = "") -> None:
        self._odd = half == "frozen"
        self.chance = Random(half + seed)

    def word(self, bank: dict, slot: str):
        if slot == "n":
            return str(self.chance.randint(2, 980))
        words = bank[slot]
        return self.chance.choice(words[self._odd :: 2] if slot in {"place", "who", "thing"} else words)

    def sentence(self, bank: dict):
        frame = self.chance.choice(bank["frame"])
        text = re.sub(r"\{(\w+)\}", lambda match: self.word(bank, match[1]), frame)
        return text[0].upper() + text[1:]

    def piece(self, lang: str, **fields) -> Piece:
        bank = ZH if lang == "zh" else EN
        joint = "" if lang == "zh" else " "
        paragraphs = tuple(
            joint.join(self.sentence(bank) for _ in range(self.chance.randint(2, 4)))
            for _ in range(self.chance.randint(4, 7))
        )
        thing, place, act = (self.word(bank, slot) for slot in ("thing", "place", "act"))
        title = f"{place}的{thing}{act}" if lang == "zh" else f"The {thing} at {place} {act}"
        return Piece(title, paragraphs, lang, **fields)


def make(half: Literal["train", "frozen"]) -> list[Pair]:
    """Return all pairs of a half, the same ones every time."""
    writer = Writer(half)
    bases = [writer.piece("en" if number % 3 == 2 else "zh") for number in range(BASES)]
    found: list[Pair] = []
    for base in bases:
        found += positives(writer, base)
        found += negatives(writer, base)
    found += randoms(writer, bases)
    later = Writer(half, "later")  # so that what was there before stays as it was
    for base in bases:
        found += [Pair("wire", "same text", base, _wire(later, base)), *short_negatives(later, base)]
    return [replace(pair, lang=pair.one.lang) for pair in found]


def copy(base: Piece, **fields) -> Piece:
    """The piece at another source, two hours later."""
    return replace(base, source="b", published=base.published + timedelta(hours=2), **fields)


def positives(writer: Writer, base: Piece) -> Iterator[Pair]:
    """Copies of a text, one of each kind."""
    made = {
        "re-encoding": copy(base, paragraphs=tuple(_reencoded(text) for text in base.paragraphs)),
        "width": copy(base, title=_wide(base.title), paragraphs=tuple(map(_wide, base.paragraphs))),
        "title suffix": copy(
            base, title=f"{base.title}_小城日报" if base.lang == "zh" else f"{base.title} - Valley Post"
        ),
        "truncation": copy(base, paragraphs=base.paragraphs[: (len(base.paragraphs) + 2) // 2]),
        "summary": copy(base, paragraphs=(_summary(base),)),
        "disclaimer": copy(base, paragraphs=(*base.paragraphs, *_disclaimer(base.lang))),
        "corrected": copy(base, title=_corrected_title(base), paragraphs=_corrected(base)),
        "edited lead": copy(
            base, title=_retitled(writer, base), paragraphs=(_lead(writer, base), *base.paragraphs[1:])
        ),
        "synonyms": copy(base, paragraphs=tuple(map(_synonyms, base.paragraphs))),
        "reordered": copy(base, paragraphs=_shuffled(writer, base.paragraphs)),
    }
    for kind, other in made.items():
        yield Pair(kind, "same text", base, other)
    if base.lang == "zh":
        for scheme in ("s2t", "s2tw", "s2hk"):
            yield Pair("traditional", "same text", base, copy(base, **_converted(base, scheme)))


def negatives(writer: Writer, base: Piece) -> Iterator[Pair]:
    """Texts that look alike and are not copies."""
    zh = base.lang == "zh"
    same = writer.piece(base.lang)
    event = copy(same, title=base.title[: len(base.title) // 2] + same.title[len(same.title) // 2 :])
    yield Pair("same event", "same event", base, replace(event, paragraphs=(base.paragraphs[0], *event.paragraphs)))
    for day in (1, 2):
        serial, later = (_serial(writer, base.lang, number) for number in (day, day + 1))
        yield Pair("serial title", "other", serial, replace(later, source="ab"[day - 1]))
    for source in ("a", "b"):
        one, other = _template(writer, base.lang), _template(writer, base.lang)
        yield Pair("template", "other", one, replace(other, source=source))
    footer = _footer(base.lang)
    yield Pair(
        "boilerplate", "other",
        replace(base, paragraphs=(*base.paragraphs[:2], *footer)), copy(same, paragraphs=(*same.paragraphs[:2], *footer)),
    )  # fmt: skip
    others = [writer.piece(base.lang) for _ in range(4)]
    digest = copy(base, title="本周小城要闻" if zh else "This week in the valley",
                  paragraphs=(*others[0].paragraphs, *base.paragraphs, *others[1].paragraphs, *others[2].paragraphs))  # fmt: skip
    yield Pair("digest", "other", base, digest)
    first = replace(
        digest, paragraphs=(*base.paragraphs, *others[1].paragraphs, *others[2].paragraphs, *others[3].paragraphs)
    )
    yield Pair("digest that begins with it", "other", base, first)
    flashes = [_flash(writer, base.lang) for _ in range(2)]
    yield Pair("flash", "other", flashes[0], replace(flashes[1], source="b"))


def short_negatives(writer: Writer, base: Piece) -> Iterator[Pair]:
    """Short texts that differ in a name or a word, that are mostly boilerplate, or that hold just two items."""
    bank, lang = (ZH if base.lang == "zh" else EN), base.lang

    def alike(title: str, body: str) -> tuple[Piece, Piece]:
        """Two pieces of one mould, with different words in it."""
        made: dict[str, Piece] = {}
        while len(made) < 2:
            words = {slot: writer.word(bank, slot) for slot in ("who", "place", "thing")}
            piece = Piece(title.format(**words), (body.format(**words),), lang, source="ab"[len(made)])
            made.setdefault(piece.title, piece)
        one, other = made.values()
        return one, other

    yield Pair("flash with another name", "other", *alike(*FLASHES[lang][0]))
    yield Pair("long flash with another name", "other", *alike(*FLASHES[lang][1]))
    yield Pair("template without numbers", "other", *alike(*FLASHES[lang][2]))
    cut = 60 if lang == "zh" else 180
    texts = [(writer.piece(lang).body[:cut], *_footer(lang), *_disclaimer(lang)) for _ in range(2)]
    one, other = writer.piece(lang), writer.piece(lang)
    yield Pair(
        "more boilerplate than text", "other", replace(one, paragraphs=texts[0]), copy(other, paragraphs=texts[1])
    )
    digest = copy(base, title="两则街坊新闻" if lang == "zh" else "Two stories from the valley")
    yield Pair("digest of two", "other", base, replace(digest, paragraphs=(*base.paragraphs, *other.paragraphs)))


def randoms(writer: Writer, bases: list[Piece]) -> Iterator[Pair]:
    """Two texts of one bank, at random."""
    for _ in range(1200):
        one, other = writer.chance.sample(bases, 2)
        yield Pair("random", "other", one, copy(other))


def _reencoded(text: str) -> str:
    """Through GB18030, with other quotes and spaces, as content management systems do."""
    text = text.encode("gb18030").decode("gb18030").replace(" ", "\N{NO-BREAK SPACE}")
    return text.replace("“", "「").replace("”", "」").replace('"', "\N{LEFT DOUBLE QUOTATION MARK}")


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in text)


def _summary(base: Piece) -> str:
    text = base.body.replace("\n\n", "" if base.lang == "zh" else " ")
    return text[:150] + "..." if base.lang == "zh" else " ".join(text.split()[:50]) + "..."


def _disclaimer(lang: str) -> tuple[str, ...]:
    if lang == "zh":
        return ("（责任编辑：小林）", "声明：本文仅代表作者本人，不构成任何建议，转载请注明出处。")
    return ("(Edited by the night desk)", "This story was first published elsewhere and is shown with permission.")


def _corrected_title(base: Piece) -> str:
    return f"（更正）{base.title}" if base.lang == "zh" else f"Correction: {base.title}"


def _corrected(base: Piece) -> tuple[str, ...]:
    """One number is another one now, and a line says so."""
    changed = re.sub(r"\d+", lambda match: str(int(match[0]) + 1), base.body, count=1)
    note = (
        "更正：此前版本的一个数字有误。"
        if base.lang == "zh"
        else "Correction: an earlier version had one number wrong."
    )
    return (*changed.split("\n\n"), note)


def _retitled(writer: Writer, base: Piece) -> str:
    bank = ZH if base.lang == "zh" else EN
    return f"{writer.word(bank, 'who')}：{writer.word(bank, 'say')}" if base.lang == "zh" else writer.word(bank, "say")


def _lead(writer: Writer, base: Piece) -> str:
    """A lead of the outlet's own before the text's second paragraph."""
    intro = "本报记者从多方了解到，" if base.lang == "zh" else "Our reporters have learned the following. "
    return f"{intro}{writer.sentence(ZH if base.lang == 'zh' else EN)}{base.paragraphs[0]}"


def _wire(writer: Writer, base: Piece) -> Piece:
    """As an outlet prints what an agency sends: under its own beginning, cut, with a line of its own at the end."""
    text = base.body[: len(base.body) * 4 // 5]
    title = f"{base.title}！" if base.lang == "zh" else f"{base.title}, neighbours say"
    bank = ZH if base.lang == "zh" else EN
    return copy(base, title=title, paragraphs=(writer.sentence(bank), *text.split("\n\n"), _disclaimer(base.lang)[0]))


def _synonyms(text: str) -> str:
    for word, other in SYNONYMS.items():
        text = text.replace(word, other)
    return text


def _shuffled(writer: Writer, paragraphs: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(writer.chance.sample(paragraphs, len(paragraphs)))


@cache
def _converter(scheme: str):
    import opencc

    return opencc.OpenCC(scheme).convert


def _converted(base: Piece, scheme: str) -> dict:
    convert = _converter(scheme)
    return {"title": convert(base.title), "paragraphs": tuple(map(convert, base.paragraphs))}


def _serial(writer: Writer, lang: str, day: int) -> Piece:
    """One day's issue of a column: the same beginning, other news."""
    piece = writer.piece(lang, published=datetime(2025, 3, day, 8, tzinfo=UTC))
    if lang == "zh":
        return replace(
            piece,
            title=f"小城早报 3月{day}日",
            paragraphs=("各位读者早上好，以下是今天的天气、路况和街坊新闻，祝你有愉快的一天。", *piece.paragraphs[:2]),
        )
    greeting = "Good morning, here are the weather, the roads and the news from around the valley, have a fine day and read on."
    return replace(piece, title=f"Morning wire, 3 March {day}", paragraphs=(greeting, *piece.paragraphs[:2]))


def _template(writer: Writer, lang: str) -> Piece:
    """A report in which only the numbers are new."""
    n = [writer.chance.randint(11, 998) for _ in range(7)]
    if lang == "zh":
        body = (
            f"今日小城集市豆腐均价为每板{n[0]}元，较昨日上涨{n[1]}分；茶叶每斤{n[2]}元，成交{n[3]}斤；鲜鱼到港{n[4]}筐，价格平稳。"
            f"集市管理处说，摊位共{n[5]}个，空置{n[6]}个。本表每日上午由值班员根据各摊报价汇总，仅供街坊参考，以实际成交为准。"
        )
        return Piece("小城集市行情播报", (body,), lang)
    body = (
        f"Tofu traded at {n[0]} a board at the valley market today, up {n[1]} from yesterday; tea stood at {n[2]} a pound with {n[3]} pounds sold. "
        f"{n[4]} baskets of fish came in and prices held. The market office counted {n[5]} stalls, {n[6]} of them empty. "
        "The table is drawn up every morning by the warden from what the stalls report and is for guidance only."
    )
    return Piece("Valley market prices", (body,), lang)


def _footer(lang: str) -> tuple[str, ...]:
    if lang == "zh":
        return (
            "关于我们：小城日报由街坊合办，创刊以来坚持每天出报，欢迎投稿、订阅和来信，编辑部设在老钟楼二层，每周三下午对外开放，谢绝推销。",
            "版权与免责：文中图片由作者提供，观点不代表本报，转载请联系编辑部并注明来源，如有错漏请来信指正，我们会在次日更正。",
        )
    return (
        "About us: the Valley Post is run by neighbours and has come out every day since it began; letters, stories and subscriptions are welcome at the clock tower.",
        "Rights and errors: pictures belong to those who took them, views are the writers' own, and mistakes are mended the next day if you tell us of them.",
    )


def _flash(writer: Writer, lang: str) -> Piece:
    n = writer.chance.randint(2, 980)
    if lang == "zh":
        return Piece("快讯", (f"快讯：{writer.word(ZH, 'place')}{writer.word(ZH, 'thing')}今日客流{n}人。",), lang)
    return Piece(
        "Flash", (f"Flash: {n} visitors at the {writer.word(EN, 'place')} {writer.word(EN, 'thing')} today.",), lang
    )
