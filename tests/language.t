#!/bin/sh
# In which language a message is, on sentences of a desk's customers that were
# written for this test (language.tsv) and not for the profiles; and what no
# table knows.
. "$(dirname "$0")/lib.sh"

# 'language confidence' of each line
ask() {
	jq -Rc '{v: 1, type: "message", text: .}' |
	    cn-classify --no-store --explain | jq -r '.class |
		[.language // "?", .decisions.language.confidence] |
		@tsv'
}

cut -f 2 "$root/tests/language.tsv" >"$T/text"
ask <"$T/text" >"$T/got"
jq -Rr 'if length > 50 then "long" elif length > 14 then "short"
    else "tiny" end' <"$T/text" >"$T/kind"
cut -f 1 "$root/tests/language.tsv" | paste - "$T/kind" "$T/got" "$T/text" |
    awk -F '\t' -v wrong="$T/wrong" '
{
	n[$2]++
	good[$2] += $1 == $3
	langs[$1]++
	right[$1] += $1 == $3
	if ($1 != $3)
		print $1 ", not " $3 ": " $5 >wrong
}
END {
	for (l in langs) {
		all++
		known += right[l] * 4 >= langs[l] * 3
	}
	print n["long"], good["long"], n["short"], good["short"], all, known
}' >"$T/figures"
read -r nlong long nshort short all known <"$T/figures"
diag "above 50 characters $long of $nlong, 15 to 50 $short of $nshort"
[ ! -e "$T/wrong" ] || diag "$(cat "$T/wrong")"

ok 'the sentences are many' test "$nlong" -gt 100 -a "$nshort" -gt 90
ok '99 of 100 above 50 characters' test $((long * 100)) -ge $((nlong * 99))
ok '95 of 100 of 15 to 50' test $((short * 100)) -ge $((nshort * 95))
is 'all thirty languages, three of four at least' "$all $known" '30 30'

while IFS='	' read -r want text; do
	is "$text" "$(printf '%s\n' "$text" | ask | cut -f 1)" "$want"
done <<'EOF'
ru	Где моя посылка? Я жду уже две недели.
no	har dere åpent i morgen
sl	potrebujem račun za podjetje
sk	moj ucet je zablokovany
uk	Де моя посилка? Я чекаю вже два тижні.
tr	Paketim nerede? İki haftadır bekliyorum.
sr	Где је мој пакет? Чекам већ две недеље.
mk	Каде е мојот пакет? Чекам веќе две недели.
zh	我的包裹在哪里？我已经等了两个星期。
ja	私の荷物はどこですか。二週間待っています。
ja	注文変更希望
ja	ｺﾉｼｮｳﾋﾝﾊﾏﾀﾞﾃﾞｽｶ
ko	제 소포가 어디에 있나요? 두 주째 기다리고 있습니다.
ar	أين طردي؟ أنا أنتظر منذ أسبوعين.
fa	بسته من کجاست؟ دو هفته است که منتظرم و پاسخی نگرفته‌ام.
he	איפה החבילה שלי? אני מחכה כבר שבועיים.
th	พัสดุของฉันอยู่ที่ไหน ฉันรอมาสองสัปดาห์แล้ว
ml	എന്റെ പാഴ്സൽ എവിടെയാണ്?
?	12345 !! --
?	ok
?	OK!
?	no
de	nein danke
?	https://shop.example/a/b?c=d
?	AB-1234-XZ, 2024-05-01, DE89370400440532013000
?	👍😀
?	Rahul Sharma
?	Samsung Galaxy S22
?	asdfgh
fr	Bonjour
de	Hallo, mein Name ist Karthik Subramanian und das Paket ist nicht da.
en	Hello, my name is Brigitte Schäfer and the parcel is not here.
hi	मेरा order अभी तक deliver नहीं हुआ, please refund कर दीजिए
hi-Latn	MERA ORDER ABHI TAK NAHI AAYA HAI
fr	BONJOUR JE N AI TOUJOURS PAS RECU MON COLIS
EOF
finish
