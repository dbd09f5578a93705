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
#  2 the windows: document none_ns create_ns window_ns established_ns   3 bands: x x2 y y2   4 lines at instants: x y y2 kind (0 edge, 1 established)   5 words at bands: x y text width
#  6 lanes: x x2 y y2   7 names of lanes: x y text kind (0 name, 1 less, 2 failure)   8 points: x y lane   9 names of points: x y text
#  10 ticks: x y y2 text   11 folds: x x2 y y2 text   12 axis: x y text
# Lanes: 0 wins 1 rejected 2 overtaken 3 came later 4 never collaborates.

include "race" { search: "./" };
include "figure" { search: "./" };

# The server answers a request for the session: with that the request is taken up.
def asked($e; $server):
  if $e.event == "send" and $e.msg == "session-request" then
    if .["document " + $e.node] == null then setpath(["document " + $e.node]; $e.document // "") else . end
  elif $e.event == "send" and $e.msg == "create-session" then setpath(["raced " + $e.node]; true)
  elif $e.node != $server then .
  elif $e.event == "receive" and $e.msg == "session-request" then setpath(["pending " + $e.from]; true)
  elif $e.event == "receive" and $e.msg == "create-session" then
    ($e.document // .["document " + $e.from] // "") as $d
    | if .windows[$d] != null then .windows[$d].create //= $e.t else . end
  elif $e.event == "established" then
    ($e.document // "") as $d | if .windows[$d] != null then .windows[$d].established //= $e.t else . end
  elif $e.event == "send" and ($e.msg == "session-none" or $e.msg == "session-pending" or $e.msg == "session-available" or $e.msg == "create-accepted")
       and .["pending " + $e.to] then
    setpath(["pending " + $e.to]; false)
    | if .["taken " + $e.to] == null then setpath(["taken " + $e.to]; $e.t) else . end
    | if $e.msg == "session-none" then
        ($e.document // .["document " + $e.to] // "") as $d | if .windows[$d] == null then setpath(["windows", $d]; { none: $e.t }) else . end
      else . end
  else . end;

# ---- from the trace ----

[limit(1; inputs | select(.type == "trace"))] as [$head]
| $head.nodes[0] as $server
| reduce (label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end) as $e
    ({ stop: 0, failed: [], windows: {} };
     if $e.type == "event" then setpath(["stop"]; $e.t) | live($e) | asked($e; $server)
     elif $e.type == "end" then .stop = ([.stop, $e.t] | max) | .failed = $e.failed else . end)
| . as $seen | .stop as $stop | .failed as $broken
| ($head.nodes[3:] | to_entries | map({ key: .value, value: .key }) | from_entries) as $place
| ($seen.windows | [to_entries[] | .value + { document: .key }] | sort_by(.none)) as $windows
| ($seen | clients | to_entries
   | map(.key as $name | .value | ended($stop) | .name = $name
         | .document = ($seen["document " + $name] // $windows[0].document // "")
         | .asked = ($seen["taken " + $name] != null) | .raced = ($seen["raced " + $name] == true)
         | .offset = ($seen["taken " + $name] // .end) - ($seen.windows[.document].none // $windows[0].none // 0)
         | .lane = (if .in | not then 4 else { won: 0, rejected: 1, overtaken: 2 }[.role] // 3 end))
   | sort_by($place[.name])) as $lives
| ($lives | length) as $n
| ($n >= 20) as $many

# ---- time to x: long stretches without anything are folded ----

| ([0, $lives[].offset, ($windows[] | (.create, .established | select(. != null)) as $t | $t - .none)] | unique) as $times
| ([0, ($windows[] | (.create | select(. != null)) as $t | $t - .none)] | max) as $busy
# Names stand to the right of their points.
| 158 as $left | 976 as $right
| scale($times; $left + 24; $right - (if $many then 24 else 94 end); 2; $busy) as $axis
| def x: at($axis);

# ---- words at the top: what the window is, when the session is established; each in a row of its own where it must ----

  ([ $windows[:4][] | . as $w
     | (if ($windows | length) > 1 then (.document | clean | fit(12; 110)) + ": " else "" end) as $who
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
| 78 as $above | ($above + 18 * $nrows + 8 + (if ($axis.folds | length) > 0 then 16 else 0 end)) as $top

# ---- lanes and points ----

| ([$words.out[] | .x, (.x2 // .x)] | unique) as $edges
| ([$lives[].lane] | unique) as $lanes
| (["wins", "rejected", "overtaken", "came later", "never collaborates"]) as $names
| (reduce $lanes[] as $l ({ y: $top, lanes: [] };
     ([$lives[] | select(.lane == $l)] | sort_by([.offset, $place[.name]])) as $of
     | (if $many then
          ([[34, ($of | length) * 3.2 + 16] | max, 150] | min) as $h
          # Spread by the golden ratio, so that neighbours in time are apart.
          | { h: $h, points: [range($of | length) as $i | $of[$i] | { x: (.offset | x), dy: (if $of | length == 1 then $h / 2 else 8 + (($i * 0.6180339887 + 0.5) | . - floor) * ($h - 16) end), text: "" }], names: [$of[].name] }
        else
          # Each name in the first row with room for it.
          ([ $of[] | { x: (.offset | x), text: (.name + (if $l == 4 then ", " + .outcome else "" end) | clean | fit(12; 230)) } ]
           | reduce .[] as $p ({ rows: [], out: [] };
               ($p.text | wide(12) + 20) as $w
               # On the other side where a line would cross it, or the picture ends.
               | ($p.x + $w > 990 or (any($edges[]; . > $p.x and . < $p.x + $w) and all($edges[]; . > $p.x or . < $p.x - $w) and $p.x - $w > $left)) as $flip
               | (if $flip then [$p.x - $w, $p.x + 8] else [$p.x - 8, $p.x + $w] end) as $r
               | ([range(0; .rows | length) as $i | select(all(.rows[$i][]; .[1] <= $r[0] or .[0] >= $r[1])) | $i][0] // (.rows | length)) as $i
               | .rows[$i] = ((.rows[$i] // []) + [$r]) | .out += [$p + { row: $i, flip: $flip }])) as $put
          | { h: ([44, ($put.rows | length) * 20 + 16] | max), rows: ($put.rows | length), points: $put.out }
          | .h as $h | .rows as $rows | .points |= map(.dy = $h / 2 + (.row - ($rows - 1) / 2) * 20)
        end) as $made
     | .lanes += [{ lane: $l, y: .y, y2: (.y + $made.h), n: ($of | length), points: $made.points, names: $made.names }] | .y += $made.h)) as $laid
| $laid.lanes as $rows | $laid.y as $bottom
| ($bottom + 62 + (if any($lanes[]; . == 2) then 20 else 0 end) + (if any($lives[]; .asked | not) then 20 else 0 end)) as $height
# As in `run`: who sent a request to create the session has raced.
| ([$lives[] | select(.raced)] | length) as $raced
| ([$lives[] | select(.in)] | length) as $joined

| block("title\tnote\tempty\theight";
    [($head.scenario | clean | fit(19.6; 950)),
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
  block("x\ty\ttext\twidth"; $words.out[] | [.at, $above + 8 + 18 * .row, .text, (.text | wide(12) | px)] | row),

  block("x\tx2\ty\ty2"; $rows[] | [20, $right, .y, .y2] | row),
  block("x\ty\ttext\tkind";
    $rows[] | ((.y + .y2) / 2) as $y
    | [$left - 12, $y - (if $many then 8 else 0 end), $names[.lane], (if .lane == 4 then 2 else 0 end)],
      (if $many then [$left - 12, $y + 8, (if .n == 1 then .names[0] | clean | fit(12; 126) else "\(.n) clients" end), 1] else empty end) | row),
  block("x\ty\tlane"; $rows[] as $r | $r.points[] | [.x, ($r.y + .dy | px), $r.lane] | row),
  block("x\ty\ttext"; $rows[] as $r | $r.points[] | select(.text != "")
    | [(if .flip then .x - 10 - (.text | wide(12) / 1.04) else .x + 10 end | px), ($r.y + .dy | px), .text] | row),

  block("x\ty\ty2\ttext";
    marks($axis) | [.[0], $top, $bottom, (if .[1] > 0 then "+" else "" end) + (.[1] | exactly)] | row),
  block("x\tx2\ty\ty2\ttext"; $axis.folds[] | [(.[0] | x), (.[1] | x), $top, $bottom, (.[1] - .[0] | cut_words)] | row),
  block("x\ty\ttext";
    [20, $bottom + 40, "when the server takes up the request for the session, counted from its first answer that there is none"] | row,
    (if any($lanes[]; . == 2) then [20, $bottom + 60, role_remark] | row else empty end),
    (if any($lives[]; .asked | not) then [20, $bottom + (if any($lanes[]; . == 2) then 80 else 60 end), "a client that was never answered stands where it failed or left"] | row else empty end))
