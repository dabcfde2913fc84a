"""One folding for names, texts and whatever is typed: what nobody should have to get right when looking for a name.

docs/folding.md says what is folded and from which source. A change here needs a migration that empties the index, as
0008 does.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping

# Letters that Unicode does not take apart, as in CLDR's transform Latin-ASCII.
LATIN = {
    "æ": "ae", "œ": "oe", "ð": "d", "đ": "d", "ø": "o", "þ": "th", "ħ": "h", "ı": "i", "ȷ": "j", "ĸ": "q", "ł": "l",
    "ŋ": "n", "ŧ": "t", "ƀ": "b", "ɓ": "b", "ƈ": "c", "ȼ": "c", "ɖ": "d", "ɗ": "d", "ƌ": "d", "ǝ": "e", "ə": "e",
    "ɇ": "e", "ɛ": "e", "ƒ": "f", "ɠ": "g", "ǥ": "g", "ɣ": "g", "ɦ": "h", "ɨ": "i", "ɩ": "i", "ɉ": "j", "ƙ": "k",
    "ƚ": "l", "ɫ": "l", "ƞ": "n", "ɲ": "n", "ɔ": "o", "ɵ": "o", "ƥ": "p", "ɍ": "r", "ʂ": "s", "ƭ": "t", "ƫ": "t",
    "ʈ": "t", "ʉ": "u", "ʊ": "u", "ʋ": "v", "ƴ": "y", "ɏ": "y", "ƶ": "z", "ȥ": "z", "ⱥ": "a", "ⱦ": "t",
}  # fmt: skip
CYRILLIC = {"ґ": "г", "ғ": "г", "қ": "к", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "ҳ": "х", "ҷ": "ч"}
# Forms of one letter in Arabic, Persian and Urdu; and tatweel, which only stretches a word.
ARABIC = {"ٱ": "ا", "ى": "ي", "ی": "ي", "ے": "ي", "ک": "ك", "ڪ": "ك", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ـ": ""}
# Apostrophes that Unicode counts among the letters: between words, as the others are.
APOSTROPHES = dict.fromkeys("ʹʺʻʼʽʾʿˈˊˋꞋꞌ", "'")

LONG_VOWEL = "ー"
HIRAGANA = {chr(code): chr(code + 0x60) for code in (*range(0x3041, 0x3097), 0x309D, 0x309E)}
SMALL_KANA = dict(zip("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ", strict=True))
OLD_KANA = {"ヰ": "イ", "ヱ": "エ", "ヲ": "オ", LONG_VOWEL: ""}
# Said alike: the voiced forms of which Unicode would leave another consonant.
VOICED_KANA = {"ヂ": "シ", "ヅ": "ス", "ぢ": "シ", "づ": "ス", "ヷ": "ハ", "ヸ": "ヒ", "ヹ": "ヘ", "ヺ": "ホ"}
V_ROW = {"": "ブ", "ァ": "バ", "ィ": "ビ", "ェ": "ベ", "ォ": "ボ", "ャ": "ビャ", "ュ": "ビュ", "ョ": "ビョ"}

# Old forms of kanji (in rows, each above its new forms) as in the list of kanji for general use (常用漢字表, 2010), and
# those that are common in names.
KANJI = (
    ("亞惡壓圍壹爲醫隱榮營衞驛悅謁圓緣鹽奧應橫歐毆黃溫穩假價禍畫會悔海懷壞繪慨槪擴殼覺學嶽樂喝渴褐罐卷勸寬漢關歡觀氣祈旣歸器僞戲犧舊據擧虛峽挾狹鄕響",
     "亜悪圧囲壱為医隠栄営衛駅悦謁円縁塩奥応横欧殴黄温穏仮価禍画会悔海懐壊絵慨概拡殻覚学岳楽喝渇褐缶巻勧寛漢関歓観気祈既帰器偽戯犠旧拠挙虚峡挟狭郷響"),
    ("曉勤謹區驅勳薰徑莖惠揭溪經螢輕繼鷄藝擊缺硏縣儉劍險圈檢獻權顯驗嚴廣效恆鑛號國黑穀碎濟齋劑殺雜參棧蠶慘贊殘",
     "暁勤謹区駆勲薫径茎恵掲渓経蛍軽継鶏芸撃欠研県倹剣険圏検献権顕験厳広効恒鉱号国黒穀砕済斉剤殺雑参桟蚕惨賛残"),
    ("絲祉視齒兒辭濕實寫社者煮釋壽收臭從澁獸縱祝肅處暑緖署諸敍獎將祥稱涉燒證奬條狀乘淨剩疊繩壤孃讓釀觸囑神眞寢愼盡",
     "糸祉視歯児辞湿実写社者煮釈寿収臭従渋獣縦祝粛処暑緒署諸叙奨将祥称渉焼証奨条状乗浄剰畳縄壌嬢譲醸触嘱神真寝慎尽"),
    ("圖粹醉穗隨髓樞數瀨聲靜齊攝竊節專戰淺潛纖踐錢禪曾祖僧雙壯搜插巢爭窗總聰莊裝騷增憎藏贈臟卽屬續墮體對帶滯臺瀧擇澤單",
     "図粋酔穂随髄枢数瀬声静斉摂窃節専戦浅潜繊践銭禅曽祖僧双壮捜挿巣争窓総聡荘装騒増憎蔵贈臓即属続堕体対帯滞台滝択沢単"),
    ("嘆擔膽團彈斷癡遲晝蟲鑄著廳徵懲聽敕鎭塚遞鐵轉點傳都黨盜燈當鬭德獨讀突屆難貳惱腦霸廢拜賣梅麥發髮拔繁晚蠻卑碑祕",
     "嘆担胆団弾断痴遅昼虫鋳著庁徴懲聴勅鎮塚逓鉄転点伝都党盗灯当闘徳独読突届難弐悩脳覇廃拝売梅麦発髪抜繁晩蛮卑碑秘"),
    ("濱賓頻敏甁侮福拂佛倂竝變邊邉辨瓣辯勉步寶豐襃墨沒飜每萬滿免麵默餠戾彌藥譯豫餘與譽搖樣謠來賴亂覽欄龍隆虜兩獵綠",
     "浜賓頻敏瓶侮福払仏併並変辺辺弁弁弁勉歩宝豊褒墨没翻毎万満免麺黙餅戻弥薬訳予余与誉揺様謡来頼乱覧欄竜隆虜両猟緑"),
    ("壘淚類勵禮隸靈齡曆歷戀練鍊爐勞郞朗廊樓錄灣櫻姬檜彥逸緋靑淸淵嶋嶌﨑髙𠮷槇遙瑤凜堯巖峯濵冨讚舘齎籠凉埜栁萠桒曻藪濤圀",
     "塁涙類励礼隷霊齢暦歴恋練錬炉労郎朗廊楼録湾桜姫桧彦逸緋青清渕島島崎高吉槙遥瑶凛尭巌峰浜富讃館斎篭涼野柳萌桑昇薮涛国"),
    ("斎齊龜㐂舩穐枩槗𣘺靍靏渊銕邨曺晉萊俠焰",
     "斉斉亀喜船秋松橋橋鶴鶴渕鉄村曹晋莱侠焔"),
)  # fmt: skip
OLD_KANJI = {old: new for olds, news in KANJI for old, new in zip(olds, news, strict=True) if old != new}

FOLDED_LETTERS = {
    **LATIN, **CYRILLIC, **ARABIC, **APOSTROPHES, **OLD_KANJI, **OLD_KANA, **SMALL_KANA,
    **{small: SMALL_KANA.get(kana, OLD_KANA.get(kana, kana)) for small, kana in HIRAGANA.items()},
}  # fmt: skip
# Soft hyphens, joiners, marks of direction, fillers, variation selectors: Unicode's Default_Ignorable_Code_Point.
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
UNSEEN = re.compile(f"[{IGNORABLE}]")  # and all of the category Cf
VOICED_MARKS = "\u3099ﾞ"
VOICED_BY_MARK = re.compile(f"[ヴゔ]|[うウｳちチﾁつツﾂ][{VOICED_MARKS}]")
V_AND_VOWEL = re.compile("[ヴゔ]([ァィェォャュョぁぃぇぉゃゅょ]?)")
# What is folded together: all of a text between two of these is the folding of its parts.
PIECE = re.compile(
    f"[\x00-\x7f]+|(?:[ヴゔ]|[うウｳ][{VOICED_MARKS}])[ァィェォャュョぁぃぇぉゃゅょｧｨｪｫｬｭｮ]?|.[{VOICED_MARKS}]?",
    re.DOTALL,
)
MOST_KEPT = 2**14  # letters


class LetterTable(dict[int, str]):
    """What `str.translate` puts for each letter, found out when the letter is first met."""

    def __init__(self, put_for: Callable[[str], str], known: Mapping[int, str] | None = None) -> None:
        super().__init__(known or {})
        self.put_for = put_for

    def __missing__(self, code: int) -> str:
        put = self.put_for(chr(code))
        if len(self) < MOST_KEPT:
            self[code] = put
        return put


def _fold_letter(letter: str) -> str:
    if letter in VOICED_KANA:
        return VOICED_KANA[letter]
    parts = unicodedata.normalize("NFKD", letter)
    plain = "".join(part for part in parts if not unicodedata.combining(part) and not _is_unseen(part)).casefold()
    return "".join(map(_plain_letter, plain))


def _plain_letter(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    return FOLDED_LETTERS.get(letter, letter) if digit is None else str(digit)


def _is_unseen(letter: str) -> bool:
    return unicodedata.category(letter) == "Cf" or bool(UNSEEN.match(letter))


_letters = LetterTable(_fold_letter, {code: chr(code).lower() for code in range(128)})


def fold(text: str) -> str:
    """Return a text without what nobody should have to get right, such as case, accents and width."""
    if text.isascii():
        return text.lower()
    if VOICED_BY_MARK.search(text):
        text = V_AND_VOWEL.sub(_without_v, unicodedata.normalize("NFKC", text))
    return text.translate(_letters)


def _without_v(match: re.Match[str]) -> str:
    return V_ROW[HIRAGANA.get(match[1], match[1])]


def without_unseen(text: str) -> str:
    """Return a text without the signs that are not seen, such as soft hyphens."""
    return text if text.isascii() else "".join(letter for letter in text if not _is_unseen(letter))


def folded_pieces(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and the folded form of each piece of a text; put together they are the folded text."""
    for match in PIECE.finditer(text):
        yield match.start(), match.end(), fold(match[0])
