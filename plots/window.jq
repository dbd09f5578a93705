# Who raced: when the server took up each client's first request for the session, against what became of the client.
#
#   jq -n -r -f plots/window.jq TRACE > data.tsv
#
# Takes the first trace. Time 0 is the instant at which the server first answers that there is no session; the window W
# lasts from there to the arrival of the first request to create one. Every document has its own 0 and its own window.
# A client that the server never answered stands at the instant at which it was refused, failed or left.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers, of every client: name document role outcome offset_ns asked (1) or not (0)
#  2 the windows: document none_ns create_ns window_ns established_ns   3 bands: x x2 y y2   4 lines at instants: x y y2 kind (0 edge, 1 established)   5 words at bands: x y text kind
#  6 lanes: x x2 y y2   7 names of lanes: x y text kind (0 name, 1 less, 2 failure)   8 points: x y lane   9 names of points: x y text
#  10 ticks: x y y2 text   11 folds: x x2 y y2 text   12 axis: x y text
# Lanes: 0 wins 1 rejected 2 overtaken 3 came later 4 never collaborates.

def clean:
  tostring | explode
  | map(if . < 32 or (. >= 127 and . < 160) or (. >= 8206 and . <= 8207) or (. >= 8232 and . <= 8238)
           or (. >= 8294 and . <= 8297) or . == 1564 or . == 65279 or (. >= 55296 and . < 57344) or . >= 65534 and . < 65536
        then 32 elif . == 34 then 8221 elif . == 92 then 8726 else . end)
  | implode;
def cut($n): if length > $n then .[:$n - 1] + "…" else . end;
def row: map(if type == "string" then clean else . end | tostring) | join("\t");
def block($header; rows): $header, rows, "", "";
def px: . * 10 | round | . / 10;
# How wide DejaVu Sans sets a text of this size, with a little to spare.
def wide($size):
  reduce explode[] as $c (0; . + (if $c == 32 or $c == 39 or ($c >= 44 and $c <= 46) or $c == 58 or $c == 105 or $c == 106 or $c == 108 then 0.32
                                  elif $c == 102 or $c == 114 or $c == 116 or $c == 40 or $c == 41 or $c == 45 then 0.41
                                  elif $c >= 4352 then 1
                                  elif $c == 109 or $c == 119 or ($c >= 65 and $c <= 90) then 0.82 else 0.615 end)) * $size * 1.02;
# As much of a text of this size as $room pixels hold.
def fit($size; $room):
  if wide($size) <= $room then . else
    . as $s | ([range(length; 0; -1) | select(($s[:.] + "…" | wide($size)) <= $room)][0] // 0) as $n | $s[:$n] + "…" end;

def decimals($n): . as $v | ($n | if . == 0 then 1 elif . == 1 then 10 else 100 end) as $f
  | ($v * $f | round) / $f | tostring;
def duration:
  if . < 0 then "-" + (-. | duration)
  elif . >= 60e9 then (. / 60e9 | decimals(1)) + " min"
  elif . >= 1e9 then (. / 1e9 | decimals(2)) + " s"
  elif . >= 1e6 or . == 0 then (. / 1e6 | decimals(if . >= 100 then 0 else 1 end)) + " ms"
  else (. / 1e3 | decimals(1)) + " us" end;
# The next round number: 1, 2 or 5 times a power of ten.
def nice: (log10 | floor | pow(10; .)) as $ten
  | if . <= $ten then $ten elif . <= 2 * $ten then 2 * $ten elif . <= 5 * $ten then 5 * $ten else 10 * $ten end | round;
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# What became of a client up to its first collaborating or failing. Its role is what it was in the race:
#   won         its creation was accepted
#   rejected    its creation was rejected
#   overtaken   it was told that there is no session and made a key, and the session was announced before it was answered
#   later       the session was there, or pending, when it asked
#   out         it was never told anything about the session
def live($e):
  if $e.event == "start" then .[$e.node] //= { start: $e.t, last: $e.t, state: "idle", ns: {}, role: "out", outcome: "" }
  elif .[$e.node] == null or .[$e.node].end != null then .
  elif $e.event == "won" then .[$e.node].role = "won"
  elif $e.event == "rejected" then .[$e.node].role = "rejected"
  elif $e.event == "failed" then .[$e.node].outcome = "fails: \($e.reason)"
  elif $e.event == "state" then
    .[$e.node] |= (
      .ns[.state] += $e.t - .last | .state = $e.to | .last = $e.t
      | if $e.to == "making-key" and (.role == "out" or .role == "later") then .role = "overtaken"
        elif $e.to == "looking-up" and .role == "won" then .role = "overtaken"
        elif ($e.to == "looking-up" or $e.to == "waiting") and .role == "out" then .role = "later" else . end
      | if $e.to == "collaborating" then .end = $e.t | .outcome = (if .role == "won" then "wins" else "joins" end)
        elif $e.to == "failed" then .end = $e.t
        elif $e.to == "closed" then .end = $e.t | .outcome = "closes" else . end)
  else . end;
# One that is still on its way when the trace ends.
def ended($stop):
  if .end != null then . elif .state == "crashed" then .end = .last | .outcome = "crashed"
  else .ns[.state] += $stop - .last | .end = $stop | .outcome = "still \(if .state == "waiting" then "waits" else .state end)" end
  | .in = (.outcome == "wins" or .outcome == "joins");

# The server answers a request for the session: with that the request is taken up.
def asked($e; $server):
  if $e.event == "start" or ($e.event == "send" and $e.msg == "session-request") then
    (if $e.event == "send" then .document[$e.node] //= ($e.document // "") else . end)
  elif $e.node != $server then .
  elif $e.event == "receive" and $e.msg == "session-request" then .pending[$e.from] = true
  elif $e.event == "receive" and $e.msg == "create-session" then
    ($e.document // .document[$e.from] // "") as $d
    | if .windows[$d] != null then .windows[$d].create //= $e.t else . end
  elif $e.event == "established" then
    ($e.document // "") as $d | if .windows[$d] != null then .windows[$d].established //= $e.t else . end
  elif $e.event == "send" and .pending[$e.to] and ($e.msg == "session-none" or $e.msg == "session-pending" or $e.msg == "session-available" or $e.msg == "create-accepted") then
    .taken[$e.to] //= $e.t | .pending[$e.to] = false
    | if $e.msg == "session-none" then ($e.document // .document[$e.to] // "") as $d | .windows[$d] //= { none: $e.t } else . end
  else . end;

# ---- from the trace ----

[limit(1; inputs | select(.type == "trace"))] as [$head]
| $head.nodes[0] as $server
| reduce (label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end) as $e
    ({ all: {}, stop: 0, failed: [], document: {}, pending: {}, taken: {}, windows: {} };
     if $e.type == "event" then .stop = $e.t | .all |= live($e) | asked($e; $server)
     elif $e.type == "end" then .stop = ([.stop, $e.t] | max) | .failed = $e.failed else . end)
| . as $seen | .stop as $stop | .failed as $broken
| ($head.nodes[3:] | to_entries | map({ key: .value, value: .key }) | from_entries) as $place
| ($seen.windows | [to_entries[] | .value + { document: .key }] | sort_by(.none)) as $windows
| ($seen.all | to_entries
   | map(.key as $name | .value | ended($stop) | .name = $name
         | .document = ($seen.document[$name] // $windows[0].document // "")
         | .asked = ($seen.taken[$name] != null)
         | .offset = ($seen.taken[$name] // .end) - ($seen.windows[.document].none // $windows[0].none // 0)
         | .lane = (if .in | not then 4 else { won: 0, rejected: 1, overtaken: 2 }[.role] // 3 end))
   | sort_by($place[.name])) as $lives
| ($lives | length) as $n
| ($n >= 20) as $many

# ---- time to x: long stretches without anything are folded ----

| ([0, $lives[].offset, ($windows[] | (.create, .established | select(. != null)) as $t | $t - .none)] | unique) as $times
| ([range(1; $times | length) | [$times[. - 1], $times[.]]] | sort_by(.[1] - .[0])) as $gaps
| ([range([$gaps | length - 3, 1] | max; $gaps | length) as $i
    | ($gaps[:$i] | map(.[1] - .[0]) | add) as $sum | select($gaps[$i][1] - $gaps[$i][0] > 2 * $sum) | [$i, $sum]][0]) as $folding
| (if $folding == null then [] else $gaps[$folding[0]:] | map([.[0] + 0.12 * $folding[1], .[1] - 0.06 * $folding[1]]) | sort_by(.[0]) end) as $folds
| ($times[0]) as $first | ($times[-1]) as $last
| ([$last - $first - ($folds | map(.[1] - .[0]) | add // 0), 1] | max) as $dense
| ($dense * 0.07) as $fold
| 158 as $left | 976 as $right | 24 as $pad
# Names stand to the right of their points.
| (if $many then 0 else 70 end) as $space
| (($right - $left - 2 * $pad - $space) / ($dense + $fold * ($folds | length))) as $scale
| def x: . as $t
    | reduce ($folds[] | select(.[0] < $t)) as $f ($t;
        ($f[1] - $f[0]) as $w | . - (if $t >= $f[1] then $w - $fold else ($t - $f[0]) * (1 - $fold / $w) end))
    | (. - $first) * $scale + $left + $pad | px;

# ---- words at the top: what the window is, when the session is established; each in a row of its own where it must ----

  ([ $windows[:4][] | . as $w
     | (if ($windows | length) > 1 then "\(.document): " else "" end | clean | fit(12; 110)) as $who
     | (if .create != null then { x: (0 | x), x2: (.create - .none | x), kind: 0, text: "\($who)window W = \(.create - .none | duration)" } else empty end),
       (if .established != null then { x: (.established - .none | x), x2: null, kind: 1, text: "\($who)session established" } else empty end) ]
   | reduce .[] as $e ({ rows: [], out: [] };
       ($e.text | wide(12)) as $w
       | (if $e.kind == 0 then ($e.x + 6) else $e.x + 6 end) as $a
       | (if $a + $w > 985 then $e.x - 6 - $w else $a end) as $a
       | ([range(0; .rows | length) as $i | select(all(.rows[$i][]; .[1] <= $a - 8 or .[0] >= $a + $w + 8)) | $i][0] // (.rows | length)) as $i
       | .rows[$i] = ((.rows[$i] // []) + [[$a, $a + $w]])
       | .out += [$e + { at: $a, row: $i }])) as $words
| ($words.rows | length) as $nrows
| 78 as $above | ($above + 18 * $nrows + 8) as $top

# ---- lanes and points ----

| ([$lives[].lane] | unique) as $lanes
| (["wins", "rejected", "overtaken", "came later", "never collaborates"]) as $names
| (reduce $lanes[] as $l ({ y: $top, lanes: [] };
     ([$lives[] | select(.lane == $l)] | sort_by([.offset, $place[.name]])) as $of
     | (if $many then
          ([[34, ($of | length) * 3.2 + 16] | max, 150] | min) as $h
          # Spread by the golden ratio, so that neighbours in time are apart.
          | { h: $h, points: [range($of | length) as $i | $of[$i] | { x: (.offset | x), dy: (if $of | length == 1 then $h / 2 else 8 + (($i * 0.6180339887 + 0.5) | . - floor) * ($h - 16) end),
                                text: (if $l == 0 and ($of | length) <= 3 then .name | clean | fit(12; 130) else "" end) }] }
        else
          # Each name in the first row with room for it.
          ([ $of[] | { x: (.offset | x), text: (.name + (if $l == 4 then ", " + .outcome else "" end) | clean | fit(12; 230)) } ]
           | reduce .[] as $p ({ rows: [], out: [] };
               ($p.text | wide(12) + 20) as $w
               | ($p.x + $w > 990) as $flip
               | (if $flip then [$p.x - $w, $p.x + 8] else [$p.x - 8, $p.x + $w] end) as $r
               | ([range(0; .rows | length) as $i | select(all(.rows[$i][]; .[1] <= $r[0] or .[0] >= $r[1])) | $i][0] // (.rows | length)) as $i
               | .rows[$i] = ((.rows[$i] // []) + [$r]) | .out += [$p + { row: $i, flip: $flip }])) as $put
          | { h: ([44, ($put.rows | length) * 20 + 16] | max), rows: ($put.rows | length), points: $put.out }
          | .h as $h | .rows as $rows | .points |= map(.dy = $h / 2 + (.row - ($rows - 1) / 2) * 20)
        end) as $made
     | .lanes += [{ lane: $l, y: .y, y2: (.y + $made.h), n: ($of | length), points: $made.points }] | .y += $made.h)) as $laid
| $laid.lanes as $rows | $laid.y as $bottom
| ($bottom + 62 + (if any($lanes[]; . == 2) then 20 else 0 end) + (if any($lives[]; .asked | not) then 20 else 0 end)) as $height
| ([$lives[] | select(.lane < 3 or .role == "won" or .role == "rejected" or .role == "overtaken")] | length) as $raced
| ([$lives[] | select(.in)] | length) as $joined

| block("title\tnote\tempty\theight";
    [($head.scenario | clean | fit(17.8; 950)),
     ("\($raced) of \($n) clients raced · \($joined) collaborate\(if $joined == 1 then "s" else "" end)"
      + (if ($broken | length) > 0 then " · broken: " + ($broken | join(", ")) else "" end) + " · seed \($head.seed)" | clean | fit(12; 955)),
     (if $n == 0 then "No client starts in this trace."
      elif ($windows | length) == 0 then
        ("There is no race: the server never says that there is no session"
         + ([$lives[].outcome] | unique | if length <= 2 then " (" + (map(clean) | join("; ")) + ")." else "." end) | fit(14; 940))
      else "" end), $height] | row),

  block("client\tdocument\trole\toutcome\toffset_ns\tasked";
    $lives[] | [.name, .document, .role, .outcome, .offset, (if .asked then 1 else 0 end)] | row),
  block("document\tnone_ns\tcreate_ns\twindow_ns\testablished_ns";
    $windows[] | [.document, .none, .create // "", (if .create != null then .create - .none else "" end), .established // ""] | row),

  block("x\tx2\ty\ty2"; $words.out[] | select(.kind == 0) | [.x, .x2, $top, $bottom] | row),
  block("x\ty\ty2\tkind"; $words.out[] | if .kind == 0 then [.x, $above + 18 * .row, $bottom, 0], [.x2, $top, $bottom, 0] else [.x, $above + 18 * .row, $bottom, 1] end | row),
  block("x\ty\ttext\tkind"; $words.out[] | [.at, $above + 8 + 18 * .row, .text, .kind] | row),

  block("x\tx2\ty\ty2"; $rows[] | [20, $right, .y, .y2] | row),
  block("x\ty\ttext\tkind";
    $rows[] | ((.y + .y2) / 2) as $y
    | [$left - 12, $y - (if $many then 8 else 0 end), $names[.lane], (if .lane == 4 then 2 else 0 end)],
      (if $many then [$left - 12, $y + 8, "\(.n) client\(if .n == 1 then "" else "s" end)", 1] else empty end) | row),
  block("x\ty\tlane"; $rows[] as $r | $r.points[] | [.x, ($r.y + .dy | px), $r.lane] | row),
  block("x\ty\ttext"; $rows[] as $r | $r.points[] | select(.text != "")
    | [(if .flip then .x - 10 - (.text | wide(12) / 1.04) else .x + 10 end | px), ($r.y + .dy | px), .text] | row),

  block("x\ty\ty2\ttext";
    ([$dense / 8, 1] | max | nice) as $step
    | ([$first] + [$folds[] | .[1]]) as $from | ([$folds[] | .[0]] + [$last + $dense * 0.03]) as $until
    | [range($from | length) as $i | range(($from[$i] / $step | ceil) * $step; $until[$i]; $step)]
    | reduce .[] as $t ([]; ($t | x) as $x | if any(.[]; (.[0] - $x | if . < 0 then -. else . end) < 56)
            or any($folds[]; ((.[0] | x) + (.[1] | x)) / 2 - $x | if . < 0 then -. else . end | . < 68) then . else . + [[$x, $t]] end)
    | .[] | [.[0], $top, $bottom, (if .[1] > 0 then "+" else "" end) + (.[1] | duration)] | row),
  block("x\tx2\ty\ty2\ttext"; $folds[] | [(.[0] | x), (.[1] | x), $top, $bottom, "… " + (.[1] - .[0] | duration) + " …"] | row),
  block("x\ty\ttext";
    [20, $bottom + 40, "when the server takes up the request for the session, counted from its first answer that there is none"] | row,
    (if any($lanes[]; . == 2) then [20, $bottom + 60, "overtaken: made a key, but the session was announced before the server answered its creation"] | row else empty end),
    (if any($lives[]; .asked | not) then [20, $bottom + (if any($lanes[]; . == 2) then 80 else 60 end), "hollow: never answered; it stands where it failed or left"] | row else empty end))
