# ruff: noqa: RUF001 - words of many scripts are what this module is for
"""The words by which people call personal data in their keys, in the languages that CleverTap's customers write.

All are in small letters without spaces and marks between words. Where a word could mean either, it is taken for
personal: one figure too few is a nuisance, one address too many is a leak.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import normalize

from clevertap_tools.unseen import plain

CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
APART: Final = re.compile(r"[\s_\-.,;$'’`:/#()\[\]\d]+")


def words_of(key: str) -> list[str]:
    """The words of a key in small letters: `firstName`, `First Name` and `first_name2` have the same."""
    if key.isascii():  # most are, and stay as they are
        spelt = CAMEL.sub(" ", plain(key)).lower()
    else:
        spelt = normalize("NFKC", CAMEL.sub(" ", normalize("NFKC", plain(key))).casefold())
    return [word for word in APART.split(spelt) if word]


def words(text: str) -> frozenset[str]:
    """Words that are parted by spaces, spelt as `words_of` spells them."""
    return frozenset("".join(words_of(word)) for word in text.split())


EMAIL: Final = words("""
    email mailaddress mailadresse mailid mailto correoelectronico correoelectrónico courriel adressemail adresseemail
    emailadres eposta elposta postaelettronica indirizzomail surel thưđiệntử adresmail почта почтовый пошта имейл ईमेल
    इमेल البريد بريد ایمیل 邮箱 邮件 电邮 電郵 郵件 郵箱 メールアドレス メアド 이메일 메일주소 อีเมล மின்னஞ்சல்
    ఇమెయిల్ ইমেইল ই-মেইল
""")
"""Parts of keys of e-mail addresses."""
EMAIL_WHOLE: Final = words("mail mails workmail usermail correo posta poczta почта мейл メール 메일 cc bcc replyto")
"""Whole keys, or single words of keys, of e-mail addresses."""

PHONE: Final = words("""
    phone mobile mobil telefon telefoon téléphone telephone teléfono telefono telefone telepon celular cellulare
    msisdn whatsapp handynummer handynr móvil điệnthoại komórka komórkowy contactno contactnum rufnummer телефон
    мобильн мобільн फोन फ़ोन मोबाइल मोबाईल दूरभाष هاتف الهاتف جوال الجوال موبايل تلفن تليفون 电话 電話 手机 手機 携帯
    전화 휴대폰 핸드폰 โทรศัพท์ เบอร์ தொலைபேசி கைபேசி மொபைல் ఫోన్ మొబైల్ ফোন মোবাইল
""")
"""Parts of keys of phone numbers."""
PHONE_WHOLE: Final = words("""
    tel telf tlf fon gsm cell cellno cellnumber handy cep ceptel portable movil contact contacts nohp nomorhp sms
    smsno smsnumber sđt тел моб رقم
""")
"""Whole keys of phone numbers."""

IDENTITY: Final = words("""
    identity identities objectid guid fbid gpid clevertapid userid customerid memberid deviceid contactid profileid
    subscriberid playerid advertisingid androidid customernumber customerno usernumber memberno membernumber
    kundennummer kundennr benutzerid kundenid numéroclient numeroclient idcliente idusuario idutente klantnummer
    müşterino mãkháchhàng numerklienta пользовательid идентификатор ідентифікатор клиентид पहचान ग्राहकआईडी ओळख معرف
    المعرف هوية 身份 用户id 用戶id 会员号 会員番号 ユーザーid 사용자id 회원번호 รหัสลูกค้า
""")
"""Ends of keys of identities, of CleverTap's ids and of other ids of devices."""
IDENTITY_WHOLE: Final = words("""
    uid uuid ctid gaid idfa idfv aaid adid oaid imei imsi meid iccid udid usr login loginid objectids guids userids
    customerids deviceids clevertapids allidentities clientid custid kennung kimlik tożsamość
""")
"""Whole keys of identities."""

TOKEN: Final = words("""
    pushtoken fcmtoken gcmtoken apnstoken devicetoken registrationid registrationtoken regid tokendata pushid pushkey
    токен टोकन رمزالجهاز 令牌 トークン 토큰
""")
"""Parts of keys of push tokens."""
TOKEN_WHOLE: Final = words("token tokens fcm gcm apns apn wns mpns p256dh")
"""Whole keys, or last words of keys, of push tokens."""

PLACE: Final = words("""
    latitude longitude latlng latlong latlon lnglat geolocation geopoint geocoordinates geohash coordinate coordinates
    coords gpslocation gpscoordinates breitengrad längengrad latitud longitud latitudine longitudine lintang bujur
    enlem boylam vĩđộ kinhđộ szerokośćgeograficzna długośćgeograficzna широта долгота довгота координаты अक्षांश
    देशांतर रेखांश خطالعرض خطالطول إحداثيات 纬度 经度 緯度 経度 위도 경도 ละติจูด ลองจิจูด
""")
"""Parts of keys of coordinates."""
PLACE_WHOLE: Final = words("lat lng lon long geo gps location loc lastlocation homelocation")
"""Whole keys, or last words of keys, of coordinates."""

NAME: Final = words("""
    firstname lastname fullname middlename nickname displayname username surname forename familyname givenname vorname
    nachname familienname prénom prenom apellido cognome sobrenome apelido voornaam achternaam soyad soyadı
    imięinazwisko nazwisko фамилия отчество прізвище उपनाम आडनाव اللقب 姓名 氏名 성명
""")
"""Parts of keys of people's names."""
BARE_NAME: Final = words("""
    name names nom noms nombre nombres nome nomi naam nama isim adı tên họ họtên imię imie имя фио імя नाम नाव اسم
    الاسم نام 名字 名前 名称 お名前 이름 ชื่อ பெயர் పేరు নাম
""")
"""Names of people where the data is about people, and of things elsewhere."""

TELLING: Final = frozenset({"tel", "name"}).union(
    *(EMAIL, EMAIL_WHOLE, PHONE, PHONE_WHOLE, IDENTITY, IDENTITY_WHOLE, TOKEN, TOKEN_WHOLE, PLACE, PLACE_WHOLE),
    *(NAME, BARE_NAME),
)
"""All of these: without one of them in it no key holds personal data."""

ABOUT: Final = words("""
    count counts status state type kind model os version brand make carrier manufacturer platform verified validated
    valid subscribed unsubscribed subscription optin optout opted in out dnd bounced bounce delivered sent sends
    opened opens clicked clicks click open totals rate template subject campaign campaigns provider domain enabled
    allowed consent permission frequency date time at reachable reach score length language category plan operator
    network
""")
"""Last words of keys that tell something about an address, not the address."""
WHETHER: Final = words("has is can total num count")
"""First words of such keys."""
OPT_OUTS: Final = words("msgemail msgsms msgwhatsapp msgdndemail msgdndphone msgdndsms msgdndwhatsapp")
"""CleverTap's own keys of whom not to write to (reference: data 4.4)."""

NOBODY: Final = words("""
    yes no y n true false on off none null nil na nan unknown undefined unset empty other email mail sms push phone
    mobile whatsapp web app sí ja nein oui non да нет
""")
"""Values that are no address, though they stand where one could: `SMS: yes`, `Contact: Email`."""

THINGS: Final = words("""
    event evt campaign product item items category subcategory brand app application page screen plan store shop city
    country region state area place venue file host domain os device model browser channel segment property field
    template class package promo promotion coupon offer deal course lesson song track artist album movie film show
    series genre episode playlist game level team league company organization organisation org business provider
    vendor supplier merchant bank network carrier operator platform project service feature function method module
    button widget form step action activity view experiment variant variation test list group collection catalog
    catalogue column table tag label key param parameter source medium referrer sdk api hotel airline airport flight
    restaurant dish recipe menu school college university subject exam quiz topic title program programme subscription
    tier gateway payment currency sku bundle size color colour material warehouse branch department route bus train
    vehicle car fund stock scheme policy insurance loan journey flow bounty banner popup slot section node type status
    stage task ticket match tournament sport book variable flag ereignis produkt
    artikel kategorie marke firma stadt land kurs evento producto artículo categoría tienda ciudad empresa produto
    categoria loja cidade événement produit catégorie
    magasin ville entreprise prodotto negozio città azienda winkel stad bedrijf ürün kategori mağaza şehir acara toko
    kota sản phẩm wydarzenie sklep miasto товар товара продукт продукта событие события категория категории магазин
    магазина город города компания компании подія події файла उत्पाद श्रेणी शहर दुकान कंपनी منتج المنتج حدث الحدث فئة
    مدينة المدينة شركة الشركة 商品 产品 活动 城市
""")
"""What has a name without being a person; also what holds such things in lists and objects."""
GENERIC: Final = words("""
    list group collection table column node section param parameter source test type status activity view application
    service action step team school college university account business stage task label tag key bank
""")
"""Words of `THINGS` that as keys may hold people as well."""
CARTS: Final = words("items products orders lines lineitems cart basket wishlist catalogs campaigns targets")
"""Keys of lists of things."""
MESSAGES: Final = words("""
    content externaltrigger properties webhookkeyvalue messageinfo replacements platformspecific sendername replyto
    fromemail rows products catalogschema fieldmappings variabledefinitions providernickname webhookendpointname
    conversiongoal dnd
""")
"""Of arguments: what is sent to people, and the catalogs, variables and names of things from which that is filled."""
PEOPLE: Final = words("""
    user users customer customers profile profiles profiledata evtdata person people contact contacts recipient
    recipients sender buyer seller subscriber member members father mother parent spouse child children friend friends
    guest guests passenger passengers driver patient student teacher agent owner author nominee beneficiary
    beneficiaries employee staff lead leads records
""")
"""Keys of people, within things too."""
