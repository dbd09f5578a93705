# Makes a log that `session-race verify --partial` judges out of the access log of the web server that hands out keys. Usage:
#
#   jq -n -c -f access-log-to-trace.jq access.log > log.ndjson
#   session-race verify --partial log.ndjson
#
# It expects one JSON object a line, written when a request is answered, in that order. Give all files in one command.
#
#   { "url": "/keys?doc=42", "document": "42", "hint": "u1", "status": 200, "given": "u1", "digest": "5f2c…", "client": "10.0.0.7" }
#
#   document   whose key it is; without it, all are of one document
#   hint       the hint that is asked for; without it, or with null, a new key is
#   status     2xx: a key is given. 404 or 410: the hint is unknown. 499 or 0: nobody answered. Any other: not available
#   given      the hint of the key that is given, where it is not `hint`
#   digest     equal for equal keys and no others. Never log a key. This makes a digest, with a salt that you throw away afterwards:
#                printf '%s%s' "$SALT" "$KEY" | sha256sum | cut -c 1-16          SALT from: openssl rand -hex 16
#   client     who asked, if it is known
#   event      "discarded" in place of a request: the key under `hint` is gone; with a `reason` if it is one of the program's
#
# Members of your own log that have other names are named with --arg: --arg document doc. With --arg url PATTERN only lines whose
# `url` matches that regular expression count. What is written has neither digest nor client: both become numbers, in the order of
# appearance, so that even a key that was logged by mistake does not get further.

def option($name): $ARGS.named[$name] // $name;
def member($name): .[option($name)];
def text: if . == null then null else tostring end;
def known: with_entries(select(.value != null));

[ inputs | select(type == "object")
  | select($ARGS.named.url == null or ((.url // "" | tostring) | test($ARGS.named.url)))
  | { document: (member("document") | text), hint: (member("hint") | text), given: (member("given") | text), status: (member("status") // 0 | tonumber),
      digest: (member("digest") | text), client: (member("client") | text), event: member("event"), reason: member("reason") } ] as $lines
| any($lines[]; .document != null) as $named
| (reduce ($lines[] | select(.event != "discarded")) as $l ({};
     "\($l.client) \($l.document)" as $c | if has($c) then . else .[$c] = "browser-\(length + 1)" end)) as $browsers
| (reduce ($lines[].digest | select(. != null)) as $d ({};
     if has($d) then . else .[$d] = (length + 1 | tostring | ("0" * (16 - length)) + .) end)) as $numbers
| { type: "trace", nodes: ["server", "token-provider", "encryption-provider", ($browsers[])] },
  (range($lines | length) as $i | $lines[$i]
   | $browsers["\(.client) \(.document)"] as $browser
   | (if $named then { document: (.document // "unnamed") } else {} end) as $document
   | (.given // .hint // "") as $given
   | (if .digest == null then null else $numbers[.digest] end) as $key
   | def line($event; $more): { type: "event", node: "encryption-provider", event: $event } + $more + $document | known;
     if .event == "discarded" then line("key-discarded"; { hint, reason: .reason })
     else
       line("receive"; { msg: "key-request", from: $browser, id: (2 * $i + 1), hint }),
       (if .status >= 200 and .status < 300 then
          line(if .hint == null then "key-made" else "key-found" end; { hint: $given, key: $key }),
          line("send"; { msg: "key", to: $browser, id: (2 * $i + 2), hint: $given, key: $key })
        elif .hint != null and (.status == 404 or .status == 410) then
          line("key-missing"; { hint }), line("send"; { msg: "key-refused", to: $browser, id: (2 * $i + 2), reason: "unknown-hint" })
        elif .status == 499 or .status == 0 then empty
        else line("send"; { msg: "key-refused", to: $browser, id: (2 * $i + 2), reason: "unavailable" }) end)
     end)
