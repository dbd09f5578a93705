# How the time of each client splits, from its start to its first collaborating or failing. Takes the first trace.
#
#   jq -n -r -f plots/phases.jq TRACE > data.tsv
#
# The times of a phase are put together, in the order of the handshake; the bars share one axis, on which a stretch
# that no bar ends in is folded. Below 20 clients each has its name; from then on the winners do, all others are thin
# bars by their total. Of more than 200, 200 are shown.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers, of every client: name role outcome total_ns and the ns of each phase
#  2 bars: x x2 y half phase   3 words in bars: x y text phase   4 times below bars: x y text half   5 words at the left: x y text kind (0 name, 1 less, 2 heading)
#  6 words at the ends of bars: x y text kind (0 total, 1 failure)   7 ticks: x y y2 text   8 folds: x x2 y y2 text   9 breaks of bars: x y dx dy
#  10 phases' key: x y phase text   11 remarks: x y text
# Phases: 1 token 2 connect 3 key 4 create 12 upload 5 wait 6 look up 7 derive 8 join 11 reconnect.

include "race" { search: "./" };
include "figure" { search: "./" };

def phase:
  { token: 1, connecting: 2, requesting: 2, "making-key": 3, sealing: 4, created: 4, uploading: 12, resuming: 12, waiting: 5,
    "looking-up": 6, deriving: 7, joining: 8, reconnecting: 11, crashed: 11 }[.] // 0;
[1, 2, 3, 4, 12, 5, 6, 7, 8, 11] as $order
| ["", "token", "connect, ask", "new key", "seal, create", "wait", "look up key", "derive", "join", "", "", "away, reconnect", "upload"] as $phasewords
| ["", "token", "connect", "new key", "create", "wait", "look up key", "derive", "join", "", "", "away", "upload"] as $words

# ---- from the trace ----

| [limit(1; inputs | select(.type == "trace"))] as [$head]
| reduce (label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end) as $e
    ({ stop: 0, failed: [] };
     if $e.type == "event" then setpath(["stop"]; $e.t) | live($e) elif $e.type == "end" then .stop = ([.stop, $e.t] | max) | .failed = $e.failed else . end)
| .stop as $stop | .failed as $broken
| (clients | to_entries
   | map(.key as $name | .value | ended($stop) | .name = $name | .total = .end - .start
         | .phases = (reduce (.ns | to_entries[]) as $s ([]; ($s.key | phase) as $p | if $p > 0 then .[$p] += $s.value else . end))
         | .group = (if .in | not then 4 else { won: 0, rejected: 1, overtaken: 2 }[.role] // 3 end))) as $lives
| ($head.nodes[3:] | to_entries | map({ key: .value, value: .key }) | from_entries) as $place
| ($lives | length) as $n
| ($n >= 20) as $many

# ---- which, in which order: [client, ...] of each group ----

| ($lives | if $many then sort_by([.group, .total, $place[.name]]) else sort_by([.group, $place[.name]]) end) as $sorted
| (if $n > 200 then
     # A few of each group, then by the share of the group; evenly.
     [ range(5) as $g | [$sorted[] | select(.group == $g)] as $of | ($of | length) as $size
       | ([$size, 5 + ($size * 175 / $n | floor)] | min) as $take | range($take) | $of[. * $size / $take | floor] ]
   else $sorted end) as $shown
| ["the winner", "rejected", "overtaken", "came later", "never collaborate"] as $groups
| ["winners", "rejected", "overtaken", "came later", "never collaborate"] as $groupwords

# ---- time to x: stretches that no bar ends in are folded ----

| ([ $shown[] | .phases as $p | foreach $order[] as $o (0; . + ($p[$o] // 0)) ] + [0] | unique) as $times
| 158 as $left | (if any($shown[]; .in | not) then 820 else 890 end) as $right
| scale($times; $left; $right; 1.5; 0) as $axis
| def x: at($axis);

# ---- rows: each client gets y and half ----

  ([420 / ([$shown | map(select(.group > 0)) | length, 1] | max), 12] | min) as $thin
| (reduce $shown[] as $c ({ y: 92, group: -1, rows: [], heads: [] };
     ($many and $c.group > 0) as $small
     | if .group != $c.group then
         (if .group < 0 then . else .y += (if $many then 14 else 6 end) end)
         | .heads += [{ group: $c.group, y: (if $small then .y else .y + 8 end) }] | .group = $c.group
         | (if $small then . else .y += 24 end) else . end
     | .rows += [$c + { y: (if $small then .y + $thin / 2 else .y + 12 end), half: (if $small then $thin * 0.42 else 12 end), small: $small }]
     | .y += (if $small then $thin else 48 end) | .heads[-1].y2 = .y)) as $laid
| $laid.rows as $rows
| ($laid.y + 2) as $bottom | 84 as $top
| ([ $rows[] | .phases | to_entries[] | select((.value // 0) > 0) | .key ] | unique) as $used
| (any($shown[]; .group == 2)) as $remark
| ($bottom + (if $remark then 98 else 76 end)) as $height
| def spans: . as $c | foreach ($order[] | select(($c.phases[.] // 0) > 0)) as $p
    ([0, 0]; [.[1], .[1] + $c.phases[$p]]; [.[0], .[1], $p]);

  ([$lives[] | select(.in)] | length) as $joined
| ("from each client's start to its first collaborating · \($joined) of \($n) collaborate"
  + (if ($broken | length) > 0 then " · broken: " + ($broken | join(", ")) else "" end)
  + (if ($shown | length) < $n then " · \($shown | length) of \($n) clients shown" else "" end)
  + " · seed \($head.seed)") as $note

| block("title\tnote\tempty\theight";
    [($head.scenario | clean | fit(19.6; 950)), ($note | clean | fit(12; 955)),
     (if $n == 0 then "No client starts in this trace." else "" end), ($height | ceil)] | row),

  block("client\trole\toutcome\ttotal_ns\ttoken_ns\tconnect_ns\tkey_ns\tcreate_ns\tupload_ns\twait_ns\tlookup_ns\tderive_ns\tjoin_ns\treconnect_ns";
    $lives | sort_by($place[.name])[] | [.name, .role, .outcome, .total] + [$order[] as $o | .phases[$o] // 0] | row),

  block("x\tx2\ty\thalf\tphase";
    $rows[] as $c | $c | spans | [(.[0] | x), (.[1] | x), ($c.y | px), ($c.half | px), .[2]] | select(.[1] > .[0]) | row),

  # The words of a bar and its time stand beside a fold, not on it.
  ([ $rows[] | select(.small | not) | . as $c | spans | . as $s | (.[0] | x) as $a | (.[1] | x) as $b
     | ([$axis.folds[] | select(.[0] >= $s[0] and .[1] <= $s[1])][0]) as $f
     | (if $f == null then [$a, $b] else ($f[0] | x) as $l | ($f[1] | x) as $r | if $l - $a >= $b - $r then [$a, $l] else [$r, $b] end end)
     | { a: .[0], b: .[1], y: $c.y, p: $s[2], time: ($s[1] - $s[0] | duration) } ]) as $texts
  | block("x\ty\ttext\tphase";
    $texts[] | select(.b - .a > ($words[.p] | wide(11)) + 5) | [((.a + .b) / 2 | px), .y, $words[.p], .p] | row),

  block("x\ty\ttext\thalf";
    $texts[] | select(.b - .a > (.time | wide(11)) + 3) | [((.a + .b) / 2 | px), .y + 21, .time, (.time | wide(11) / 2 | px)] | row),

  block("x\ty\ttext\tkind";
    ($rows[] | select(.small | not) | [$left - 12, .y, (.name | clean | fit(12; 126)), 0] | row),
    ($laid.heads[] | . as $h
     | ($lives | map(select(.group == $h.group))) as $of
     | (if $of | length == 1 then ["winner", "rejected", "overtaken", "came later", "never collaborates"] else $groupwords end | .[$h.group]) as $w
     | if $many and $h.group > 0 then
         (if $h.y2 - $h.y > 26 then [$left - 12, (($h.y + $h.y2) / 2 - 8 | px), "\($of | length) \($w)", 3],
            (if $h.group < 4 then [$left - 12, (($h.y + $h.y2) / 2 + 8 | px), "median \($of | map(.total) | median | duration)", 1] else empty end)
          else [$left - 12, (($h.y + $h.y2) / 2 | px), "\($of | length) \($w)", 3] end)
       else [20, $h.y + 1, $w, 2] end | row)),

  block("x\ty\ttext\tkind";
    ($rows[] | select(.small | not)
     | [(.total | x) + 8, .y - (if .in then 0 else 8 end), (.total | duration), 0],
       (if .in then empty else [(.total | x) + 8, .y + 8, (.outcome | fit(12; 155)), 1] end) | row),
    # Of many the shortest and the longest.
    ($laid.heads[] | . as $h | select($many and $h.group > 0)
     | [$rows[] | select(.group == $h.group)] | (.[-1], (if length * $thin > 30 then .[0] else empty end))
     | [(.total | x) + 8, (.y | px), (.total | duration) + (if .in then "" else " " + .outcome | fit(12; 110) end), (if .in then 0 else 1 end)] | row)),

  block("x\ty\ty2\ttext";
    marks($axis) | [.[0], $top, $bottom, (.[1] | exactly)] | row),

  block("x\tx2\ty\ty2\ttext"; $axis.folds[] | [(.[0] | x), (.[1] | x), $top, $bottom, (.[1] - .[0] | cut_words)] | row),
  block("x\ty\tdx\tdy";
    $rows[] as $c | $axis.folds[] | select(.[1] < $c.total) | ((.[0] | x) + (.[1] | x)) / 2 | (. - 4, . + 4)
    | [. - 4, (($c.y + $c.half + 2) | px), 8, (-2 * $c.half - 4 | px)] | row),

  block("x\ty\tphase\ttext";
    reduce ($order[] | select(. as $o | any($used[]; . == $o))) as $p ({ x: 20, out: [] };
      .out += [[(.x | px), $bottom + 52, $p, $phasewords[$p]]] | .x += 34 + ($phasewords[$p] | wide(12)))
    | .out[] | row),
  block("x\ty\ttext";
    if $remark then [20, $bottom + 78, role_remark] | row else empty end)
