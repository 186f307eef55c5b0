"""Two long articles on one event, as two papers write them: related, and never merged, whichever comes first."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.model import Record
from aggregator.steps import near
from aggregator.steps.copies import topics
from aggregator.steps.copies.sketch import sketches

NEWS = (
    "云岭县水库大坝加固工程今天通过验收",
    """记者今天从云岭县水务局获悉，历时三年的云岭水库大坝加固工程通过了验收。专家组认为，大坝加固后可以抵御百年一遇的洪水。

工程于三年前的春天动工，共浇筑混凝土十二万方，铺设防渗墙一千六百米，更换闸门八扇。水务局副局长在验收会上说：“大坝
的每一道缝都有人签字负责。”

据介绍，云岭水库建成已有六十年，下游住着九万人。前年汛期坝脚曾出现渗水，县里连夜转移了三个村的居民。加固以后，水库的
蓄水位将恢复到设计高度，今年秋灌可以多放水四千万方。

验收组还查看了新装的监测设备。坝体里埋了二百一十个传感器，渗压、位移和水温每十分钟传回一次，值班员在手机上就能看到。""",
)
FEATURE = (
    "守坝人的最后一个夏天：云岭水库大坝加固之后",
    """老魏在云岭水库的坝顶走了三十一年。每天清晨，他提着一只手电，从左岸走到右岸，一千零八十步，看坝面上有没有新的裂纹。

加固工程验收的那天，他没有去会场。他坐在旧值班室门口，听见礼炮响了三声，就把那本写满数字的笔记本合上了。“以后用不着
我数步子了。”他说。

前年那场雨他记得最清楚。夜里两点，坝脚渗出浑水，他敲着脸盆跑过三个村子。后来有人问他怕不怕，他只是笑。儿子在省城打电话
来，劝他早点退休，他总说等大坝修好。

如今监控屏幕装进了新楼，年轻人轮班坐在里面喝茶。老魏教他们听水声：闸门底下的声音发闷，就是有树枝卡住了。传感器听不
出来。

夏天过完他就要搬走。坝顶的路灯换成了太阳能的，他说晚上亮得睡不着，像有人一直在等他。""",
)
AT = datetime(2025, 3, 3, 8, tzinfo=UTC)


def known():
    found = []
    for number, ((title, _), one) in enumerate(zip((NEWS, FEATURE), sketches([NEWS, FEATURE]), strict=True)):
        at = AT + timedelta(hours=20 * number)
        record = Record(
            key=f"{number:016x}", source="ab"[number], path="", title=title, link="", url="", entry_id="", published=at,
            updated=at, first_seen=at, lang="zh-CN",
        )  # fmt: skip
        found.append((record, one))
    return found


def test_two_articles_on_one_event_are_no_copies() -> None:
    """By far: they share names, not sentences."""
    one, other = known()
    for verdict in (near.verdict(one, other), near.verdict(other, one)):
        assert not verdict.near
        assert verdict.failed == "text"
        assert verdict.score < 0.1
    assert not near.promising(one[1], other[1])


def test_two_articles_on_one_event_are_related() -> None:
    """Within three days, and found by what they are about."""
    (one, mine), (other, theirs) = known()
    score = topics.cosine(mine.topic, theirs.topic)
    assert topics.related(one, other, score)
    assert topics.related(other, one, score)
    assert len(set(topics.places(mine.topic)) & set(topics.places(theirs.topic))) >= 2
