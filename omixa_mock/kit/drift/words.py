"""The words by which a table of fields is known, in the languages that documentation is commonly read in.

A translated page keeps names and values as they are, and translates the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

__all__ = ["ANY", "CONJUNCTIONS", "DEFAULT", "HOLD", "NO", "NOTHING", "PRICE", "TYPES", "VALUES", "YES", "plain"]

DROPPED: Final = re.compile('[`*"“”„«»\u00ad\u200b-\u200f\u2060\ufe0e\ufe0f\ufeff]')


def plain(text: str) -> str:
    """A text without case, width, marks of emphasis and outer punctuation, so that spellings compare equal."""
    folded = DROPPED.sub("", unicodedata.normalize("NFKC", text).casefold())
    return re.sub(r"\s+", " ", folded).strip(" .:;,。、")


def words(listed: str) -> frozenset[str]:
    """The words and phrases of a list, which are between commas."""
    return frozenset(plain(word) for word in listed.split(","))


# What a word for a type stands for in JSON. An image may come as text, or as an object around it.
KINDS: Final[Mapping[frozenset[str], frozenset[str]]] = {
    frozenset({"string"}): words(
        "string, str, text, varchar, Zeichenkette, Zeichenfolge, chaîne, chaîne de caractères, texte, cadena, "
        "texto, cadena de texto, cadeia, stringa, testo, tekst, ciąg znaków, metin, строка, текст, 字符串, 文本, "
        "字串, 文字列, テキスト, 문자열, 텍스트, enum, uri, url"
    ),
    frozenset({"integer"}): words(
        "integer, int, int32, int64, long, whole number, Ganzzahl, ganze Zahl, entier, nombre entier, entero, "
        "número entero, inteiro, número inteiro, intero, numero intero, целое, целое число, tamsayı, "
        "liczba całkowita, geheel getal, 整数, 整型, 整數, 정수"
    ),
    frozenset({"number"}): words(
        "number, float, double, decimal, numeric, Zahl, Kommazahl, Fließkommazahl, Gleitkommazahl, nombre, número, "
        "numero, число, liczba, getal, sayı, 数字, 数值, 浮点数, 小数, 數字, 數值, 数値, 実数, 숫자, 실수"
    ),
    frozenset({"boolean"}): words(
        "boolean, bool, Wahrheitswert, boolesch, boolescher Wert, booléen, booleano, valor booleano, логический, "
        "логическое значение, булево, 布尔, 布尔值, 布尔型, 布林值, 真偽値, ブール値, ブーリアン, 불리언, 부울"
    ),
    frozenset({"array"}): words(
        "array, list, Liste, tableau, lista, arreglo, matriz, arranjo, vetor, массив, список, dizi, tablica, "
        "数组, 列表, 陣列, 配列, リスト, 배열, 목록"
    ),
    frozenset({"object"}): words(
        "object, dict, dictionary, map, json, Objekt, objet, objeto, oggetto, объект, nesne, obiekt, 对象, 物件, "
        "オブジェクト, 객체, 개체"
    ),
    frozenset({"string", "object"}): words(
        "image data, image, image, file, image file, Bilddaten, Bild, Bilddatei, données d'image, image encodée, "
        "datos de imagen, imagen, dados de imagem, imagem, dati immagine, immagine, данные изображения, "
        "изображение, 图像数据, 图片数据, 图像, 图片, 影像資料, 圖片資料, 画像データ, 画像, 이미지 데이터, 이미지"
    ),
    frozenset({"null"}): words("null, nil, nul, nulo"),
}
TYPES: Final[Mapping[str, frozenset[str]]] = {word: kind for kind, listed in KINDS.items() for word in listed}

YES: Final = words(
    "yes, true, required, mandatory, always, ✓, ✔, ✅, ☑, ●, ja, erforderlich, Pflicht, Pflichtfeld, "
    "notwendig, oui, obligatoire, requis, sí, si, obligatorio, requerido, sim, obrigatório, sì, obbligatorio, "
    "richiesto, verplicht, tak, wymagane, да, обязательно, обязательный, обязательное, evet, zorunlu, 是, "
    "必填, 必需, 必须, 必选, 必須, はい, 예, 필수, 네"
)
NO: Final = words(
    "no, false, optional, not required, ✗, ✘, ✕, ×, ❌, ☐, ○, nein, nicht erforderlich, freiwillig, non, "
    "facultatif, optionnel, non requis, opcional, não, facoltativo, opzionale, nee, optioneel, nie, "
    "opcjonalne, нет, необязательно, необязательный, необязательное, не обязательно, hayır, isteğe bağlı, 否, "
    "可选, 选填, 非必填, 不, 不是, 可選, 選填, 任意, いいえ, オプション, 아니요, 아니오, 선택, 선택 사항"
)
NOTHING: Final = words(",-,–,—,―,n/a,/,none,null,无,無,なし,keine,keiner,aucune,aucun,ninguno,нет,없음")
# Said of a field that takes whatever its type allows. Phrases in other words are known by having no number and no list.
ANY: Final = words(
    "any, all, anything, any value, any valid value, any string, free, beliebig, alle, toutes, cualquiera, "
    "qualquer, qualsiasi, любое, любой, wszystkie, herhangi"
)
CONJUNCTIONS: Final = words(
    "or, and, oder, und, ou, et, o, y, e, или, и, lub, of, veya, 或, 或者, 和, または, と, 또는"
)
# Headings.
VALUES: Final = words(
    "accepted values, accepted, allowed values, allowed, values, possible values, valid values, options, enum, "
    "range, akzeptierte Werte, zulässige Werte, erlaubte Werte, mögliche Werte, Werte, valeurs acceptées, "
    "valeurs possibles, valores aceptados, valores permitidos, valores aceitos, valori accettati, "
    "допустимые значения, значения, 可接受的值, 可接受值, 接受的值, 允许值, 可选值, 取值范围, 取值, 允許值, "
    "許容値, 許可される値, 使用可能な値, 허용 값, 허용되는 값"
)
DEFAULT: Final = words(
    "default, defaults, default value, Standard, Standardwert, Voreinstellung, Vorgabe, Vorgabewert, défaut, "
    "par défaut, valeur par défaut, predeterminado, por defecto, valor predeterminado, padrão, valor padrão, "
    "predefinito, valore predefinito, standaard, domyślnie, по умолчанию, значение по умолчанию, varsayılan, "
    "默认, 默认值, 缺省值, 預設, 預設值, デフォルト, デフォルト値, 既定値, 初期値, 기본값"
)
# Beside amounts of money.
HOLD: Final = words(
    "hold, reserve, Einbehalt, Vorbehalt, Reservierung, reserviert, réserve, retenue, retención, reserva, "
    "резерв, 预留, 预扣, 冻结, 預留, 保留, 予約, 仮押さえ, 예약"
)
PRICE: Final = words(
    "price, prices, pricing, cost, costs, per image, / image, per image, Preis, Preise, Kosten, je Bild, pro Bild, "
    "prix, coût, par image, precio, coste, costo, por imagen, preço, custo, por imagem, prezzo, per immagine, цена, "
    "стоимость, за изображение, 价格, 定价, 费用, 每张, 单价, 價格, 価格, 料金, 単価, 1枚, 가격, 요금"
)
