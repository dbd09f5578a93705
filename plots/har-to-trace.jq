# Makes a log that `session-race verify --partial` judges out of what browsers exported from their network panels (HAR 1.2). Usage:
#
#   jq -n -c -f har-to-trace.jq --arg keys '/api/keys' alice.har bob.har > log.ndjson
#   session-race verify --partial log.ndjson
#
# Give all files in one command: they become one log. It has the lines of the encryption provider, as far as the browsers saw them:
# what it was asked for and what it answered, by the browsers' clocks. A name is given with --arg, and has a default:
#
#   keys       a regular expression: requests with such a URL ask for keys. It may name parts of the URL: '/keys/(?<document>[^/]+)'
#   tokens     the same for requests for tokens; by default none
#   document, hint   how the document and the hint are called in the URL, the query or the JSON of a request: documentId, keyHint.
#              A request without a hint, or with null, asks for a new key
#   key, given how the key and its hint are called in the JSON of an answer: key, keyHint. Other answers are a key as they are
#
# Status 404 or 410 says that the hint is unknown, any other error that the provider is not available, 0 that nobody answered.
#
# No key and no token is written: a key becomes its number in the order of appearance, which says no more than which keys are equal.
# No address is written either: browsers are numbered, anew for each document. Delete the HAR files; they do hold keys.

def option($name; $default): $ARGS.named[$name] // $default;

# A text as JSON; null if it is none.
def json: try fromjson catch null;
# The first member of that name, at any depth.
def member($name): [.. | objects | select(has($name)) | .[$name]][0];

# What the request says under @name; null if it does not.
def asked($pattern; $name; $group):
  (.request.url | [capture($pattern)?][0] // {} | .[$group])
  // ([.request.queryString[]? | select(.name == $name) | .value][0])
  // (.request.postData.text // "" | json | member($name));

def answer:
  .response.content as $content
  | ($content.text // "") | if $content.encoding == "base64" then @base64d else . end
  | . as $text | json
  | if type == "object" then { key: member(option("key"; "key")), hint: member(option("given"; "keyHint")) }
    else { key: (if $text == "" then null else $text end), hint: null } end;

# The claims of a JWT: its second part.
def claims:
  [scan("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+")][0] // ".." | split(".")[1] // ""
  | gsub("-"; "+") | gsub("_"; "/") | try (@base64d | fromjson | { iat, exp, nbf } | with_entries(select(.value | type == "number"))) catch {};

# An instant as seconds since 1970, whatever its time zone.
def instant:
  capture("^(?<whole>[^.Z+]*[0-9])(?<part>[.][0-9]+)?(?<zone>Z|[+-][0-9:]+)$")
  | (.whole + "Z" | fromdateiso8601) + (.part // "0" | "0" + . | tonumber)
    - (.zone | if . == "Z" then 0
               else capture("(?<sign>.)(?<hours>[0-9]{2}):?(?<minutes>[0-9]{2})")
                    | ((.hours | tonumber) * 3600 + (.minutes | tonumber) * 60) * (if .sign == "-" then -1 else 1 end) end);

# The entries of all files, each with its browser.
[ foreach inputs as $har (0; . + 1; . as $n | $har.log.entries[] | .browser = $n) ]
| map(.at = (.startedDateTime | instant)
      | .kind = (if .request.method == "OPTIONS" then null elif .request.url | test(option("keys"; "/keys")) then "key"
               elif option("tokens"; null) != null and (.request.url | test(option("tokens"; ""))) then "token" else null end)
      | select(.kind != null)
      | .document = (asked(option("keys"; "/keys"); option("document"; "documentId"); "document") | if . == null then null else tostring end)
      | .hint = (asked(option("keys"; "/keys"); option("hint"; "keyHint"); "hint") | if . == null then null else tostring end))
| sort_by(.at) as $entries
| any($entries[]; .kind == "key" and .document != null) as $named
| def known: with_entries(select(.value != null));
  # Names and numbers, in the order of appearance.
  (reduce $entries[] as $e ({}; ["\($e.browser) \($e.document)"] as $p | if has($p[0]) then . else .[$p[0]] = "browser-\(length + 1)" end)) as $browsers
| (reduce ($entries[] | select(.kind == "key") | answer.key | select(. != null) | tostring) as $k ({};
     if has($k) then . else .[$k] = (length + 1 | tostring | ("0" * (16 - length)) + .) end)) as $numbers
| { type: "trace", nodes: ["server", "token-provider", "encryption-provider", ($browsers[])] },
  # An answer comes when the browser has it; what it asked came at the beginning.
  ([ range($entries | length) as $i | $entries[$i] | . + { i: $i }
     | [.at, 0, .], (if (.response.status // 0) > 0 then [.at + (.time // 0) / 1000, 1, .] else empty end) ]
   | sort_by(.[0], .[1])[]
   | .[1] as $part | .[2]
   | $browsers["\(.browser) \(.document)"] as $browser
   | (if .kind == "key" then "encryption-provider" else "token-provider" end) as $node
   | (if $named and .kind == "key" then { document: (.document // "unnamed") } else {} end) as $document
   | def line($event; $more): { type: "event", node: $node, event: $event } + $more + $document | known;
     if $part == 0 then
       line("receive"; { msg: "\(.kind)-request", from: $browser, id: (2 * .i + 1), hint: (if .kind == "key" then .hint else null end) })
     elif .kind == "token" then
       if .response.status < 300 then line("send"; { msg: "token", to: $browser, id: (2 * .i + 2) } + (.response.content.text // "" | claims)) else empty end
     elif .response.status < 300 then
       answer as $a | ($a.hint // .hint // "" | tostring) as $hint
       | (if $a.key == null then null else $numbers[$a.key | tostring] end) as $key
       | line(if .hint == null then "key-made" else "key-found" end; { hint: $hint, key: $key }),
         line("send"; { msg: "key", to: $browser, id: (2 * .i + 2), hint: $hint, key: $key })
     elif .hint != null and (.response.status == 404 or .response.status == 410) then
       line("key-missing"; { hint }),
       line("send"; { msg: "key-refused", to: $browser, id: (2 * .i + 2), reason: "unknown-hint" })
     else line("send"; { msg: "key-refused", to: $browser, id: (2 * .i + 2), reason: "unavailable" }) end)
