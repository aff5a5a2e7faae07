#!/usr/bin/env bash
# Takes one application through the whole product by the API alone: a company
# applies for a hygiene licence, the clerk accepts it, two reviewers check it and
# visit the place, the approver grants it, and the company downloads its licence, verifies it and
# says how it went. Prints the paths of what it saved.
#
#   docs/examples/journey.sh http://127.0.0.1:8080 [FOLDER]
#
# It needs bash, curl and jq, and a server started with --demo: the passwords
# and codes of the demonstration accounts are public there.
set -euo pipefail

api=${1:?the address of a demonstration server}/api/v1
out=${2:-$(mktemp -d)}
item=511A0015500009-511602000000-000-115113016823646795-1-00
mkdir -p "$out"

say() { printf '%s\n' "$*" >&2; }

# call METHOD PATH [curl arguments]: the answer, or the problem and the end.
call() {
  local method=$1 path=$2 status answer
  shift 2
  answer=$(curl -sS -X "$method" "$api$path" -H 'Accept-Language: en' -w '\n%{http_code}' "$@")
  status=${answer##*$'\n'} answer=${answer%$'\n'*}
  if [ "$status" -ge 400 ]; then
    say "$method $path: $status"
    say "$answer"
    return 1
  fi
  printf '%s' "$answer"
}

json() { printf 'Content-Type: application/json'; }

# sign_in ACCOUNT: a token. A code of the second factor is good once, so ask for
# the present one each time.
sign_in() {
  local who
  who=$(call GET /demo/accounts | jq -c --arg u "$1" '.[] | select(.username == $u) | {username, password, code} | del(.[] | nulls)')
  call POST /session -H "$(json)" -d "$who" | jq -r .token
}

# as TOKEN METHOD PATH [curl arguments]
as() {
  local token=$1
  shift
  call "$@" -H "Authorization: Bearer $token"
}

# act TOKEN ACTION [OPINION]: one step of the case. The step number that was seen
# goes along, so that nobody's act is overwritten unseen.
act() {
  local step body
  step=$(as "$1" GET "/cases/$case" | jq .step)
  body=$(jq -n --arg a "$2" --arg o "${3:-}" --argjson s "$step" '{action: $a, step: $s} + (if $o == "" then {} else {opinion: $o} end)')
  as "$1" POST "/cases/$case/actions" -H "$(json)" -d "$body" | jq -r '"  now: " + .state_name.en' >&2
}

# paper FILE TITLE: a small PDF file, as a scanner would make.
paper() {
  local text="BT /F1 18 Tf 72 720 Td ($2) Tj ET" offset objects=() xref='' object n=0 body='%PDF-1.4'$'\n'
  objects+=('<< /Type /Catalog /Pages 2 0 R >>')
  objects+=('<< /Type /Pages /Kids [3 0 R] /Count 1 >>')
  objects+=('<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>')
  objects+=("<< /Length ${#text} >>"$'\n'"stream"$'\n'"$text"$'\n'"endstream")
  objects+=('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>')
  for object in "${objects[@]}"; do
    printf -v offset '%010d 00000 n \n' "${#body}"
    xref+=$offset
    n=$((n + 1))
    body+="$n 0 obj"$'\n'"$object"$'\n'"endobj"$'\n'
  done
  printf '%sxref\n0 6\n0000000000 65535 f \n%strailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n' \
    "$body" "$xref" "${#body}" >"$1"
}

# step TOKEN STEP JSON: one step of the visit; shows the number of the record.
step() {
  as "$1" POST "/inquiries/$inquiry/steps" -H "$(json)" -d "$(jq -n --arg s "$2" --argjson more "$3" '{step: $s} + $more')" | jq .visit.rev
}

# visit: two officials look at the place today, one fills in the list and takes the
# photographs, both sign, and so does the applicant.
visit() {
  local inquiry officials plan fields item rev
  officials=$(for who in "$reviewer1" "$reviewer2"; do as "$who" GET /me | jq .account; done | jq -s .)
  plan=$(jq -n --argjson o "$officials" --arg day "$(TZ=CST-8 date +%F)" \
    '{purpose: "To see that the place is as applied for", place: "12 Hongzhou Avenue", officials: $o, day: $day, time: "09:00-11:00"}')
  as "$reviewer1" POST "/cases/$case/visits" -H "$(json)" -d "$plan" >"$out/visit.json"
  inquiry=$(jq -r .id "$out/visit.json")
  photo "$out/photo.png"
  for item in $(jq -r '.visit.checklist[] | select(.photo) | .id' "$out/visit.json"); do
    as "$reviewer2" POST "/inquiries/$inquiry/files?role=photo&item=$item&name=$item.png" \
      -H 'Content-Type: image/png' --data-binary "@$out/photo.png" >/dev/null
  done
  fields=$(jq '[.visit.checklist[] | {key: ("item." + .id), value: {pass: "pass", number: (.limit.min // 0 | tostring), text: "As applied for"}[.kind]},
    {key: "summary", value: "As applied for"}, {key: "result", value: "pass"}] | map(.value = {was: "", value: .value}) | {fields: from_entries}' "$out/visit.json")
  rev=$(step "$reviewer2" fill "$fields")
  step "$reviewer1" sign "{\"seen\": $rev}" >/dev/null
  step "$reviewer2" sign "{\"seen\": $rev}" >/dev/null
  step "$lin" answer_record "{\"seen\": $rev, \"present\": {\"how\": \"signed\", \"name\": \"林美\", \"statement\": \"No objection\"}}" >/dev/null
}

# photo FILE: a small picture, as a telephone would take.
photo() {
  base64 -d >"$1" <<<'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFXAAAAU0lEQVR42gFIALf/AAAePFp4lrTSAAMhP117mbfVAAYkQmB+nLrYAAknRWOBn73bAAwqSGaEosDeAA8tS2mHpcPhABIwTmyKqMbkABUzUW+Nq8nnxSUc4ZRGfNEAAAAASUVORK5CYII='
}

say "1. The company's operator finds the service and begins."
call GET '/services?q=%E5%8D%AB%E7%94%9F%E8%AE%B8%E5%8F%AF' | jq -e --arg i "$item" '.services[:3] | any(.item == $i)' >/dev/null
lin=$(sign_in lin)
draft=$(as "$lin" POST /drafts -H "$(json)" -d "{\"service\": \"$item\"}" | jq -r .id)

say "2. Answers. What the government holds is not asked."
as "$lin" PUT "/drafts/$draft/answers" -H "$(json)" -d '{"answers": {
  "place_kind": "hair", "area": 48, "seats": 4, "water": "mains", "water_tank": false,
  "disinfection": true, "disinfection_ways": ["heat", "ultraviolet"], "toilet": true,
  "central_air": false, "staff": 3, "certified": 3,
  "manager_self": true, "paper": "electronic", "declared": true}}' >"$out/draft.json"

say "3. The materials that the guide lists."
for material in $(jq -r '.materials[] | select(.origin == "upload") | .id' "$out/draft.json"); do
  paper "$out/$material.pdf" "$material"
  as "$lin" POST "/drafts/$draft/materials/$material?name=$material.pdf" \
    -H 'Content-Type: application/pdf' --data-binary "@$out/$material.pdf" >/dev/null
done

say "4. Submit, twice: it is one case."
as "$lin" POST "/drafts/$draft/submission" -H "$(json)" -d '{}' >"$out/receipt.json"
again=$(as "$lin" POST "/drafts/$draft/submission" -H "$(json)" -d '{}' | jq -r .number)
case=$(jq -r .case "$out/receipt.json") number=$(jq -r .number "$out/receipt.json")
[ "$again" = "$number" ] || { say "a second submission made another case"; exit 1; }
say "   case $number, query code $(jq -r .query_code "$out/receipt.json")"

say "5. The agency: acceptance, two reviewers who also visit the place, decision."
reviewer1=$(sign_in reviewer1) reviewer2=$(sign_in reviewer2)
act "$(sign_in clerk)" accept
act "$reviewer1" review 'The papers are complete and agree with the premises. I propose to grant.'
act "$reviewer2" countersign 'Checked independently; I agree.'
visit
act "$(sign_in approver)" approve 'Granted.'

say "6. The licence is printed and signed by a job."
licence=
for _ in $(seq 600); do
  licence=$(as "$lin" GET /licences | jq -r --arg c "$case" '.licences[] | select(.case == $c and .state == "valid") | .id')
  [ -z "$licence" ] || break
  sleep 0.5
done
[ -n "$licence" ] || { say "no licence came"; exit 1; }
as "$lin" GET "/licences/$licence" >"$out/licence.json"
curl -sS --fail "$api/licences/$licence/pdf" -H "Authorization: Bearer $lin" -o "$out/licence.pdf"

say "7. Anybody verifies it."
identifier=$(jq -r .identifier "$out/licence.json")
call GET "/verifications/$identifier?number=$(jq -r '.number | @uri' "$out/licence.json")" >"$out/verification.json"
jq -e '.good and .state == "valid"' "$out/verification.json" >/dev/null || { say "it does not verify"; exit 1; }

say "8. The applicant looks back and rates: 1 is the best of five."
as "$lin" GET "/cases/$case/timeline" >"$out/timeline.json"
as "$lin" GET "/cases/$case/deadlines" >"$out/deadlines.json"
as "$lin" POST "/cases/$case/rating" -H "$(json)" -d '{"satisfaction": 1, "indicators": ["all-online"]}' >"$out/rating.json"

printf '%s\n' "$out"/{receipt,licence,verification,timeline,deadlines,rating}.json "$out/licence.pdf"
