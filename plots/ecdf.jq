# How long it took to collaborate, counted from each client's own start: the share that collaborates by then.
#
#   jq -n -r -f plots/ecdf.jq TRACE... > data.tsv
#
# Of one trace there is a curve for each role in the race (of many clients, one for all as well); of several there is one
# a trace, with the winners as points on it, up to ten. Who never collaborates counts too and keeps its curve below 100 %.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers, of every client: trace name role outcome total_ns
#  2 curves: x y colour (pieces apart by empty lines)   3 points: x y colour kind (0 a client, 1 a winner)
#  4 ends of curves: x y colour   5 words there: x y text kind (0 name, 1 less)   6 ticks: x y y2 text   7 shares: x x2 y text
#  8 axis: x y text   9 remarks: x y text
# Colours: 0 ink 1 blue 2 orange 3 green 4 purple 5 red 6 sky 7 grey 8 yellow 9 brown 10 muted.

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

# ---- from the traces ----

( reduce inputs as $r ([];
    if $r.type == "trace" then . + [{ title: $r.scenario, seed: $r.seed, place: ($r.nodes[3:] | to_entries | map({ key: .value, value: .key }) | from_entries),
                                      all: {}, stop: 0, failed: [] }]
    elif length == 0 then .
    elif $r.type == "event" then .[-1].stop = $r.t | .[-1].all |= live($r)
    elif $r.type == "end" then .[-1].stop = ([.[-1].stop, $r.t] | max) | .[-1].failed = $r.failed
    else . end)
  | map(.stop as $stop | .place as $place
        | .lives = (.all | to_entries | map(.key as $name | .value | ended($stop) | .name = $name | .total = .end - .start) | sort_by($place[.name]))) ) as $traces
| ($traces | length) as $count
| ([$traces[:10][].lives[] | select(.in) | .total] | max) as $longest
| ([$traces[].lives[]] | length) as $n

# ---- the curves ----

| def curve($name; $colour; $of): { name: $name, colour: $colour, n: ($of | length), times: ([$of[] | select(.in) | .total] | sort),
                                    won: ([$of[] | select(.outcome == "wins") | .total] | sort), names: [$of[].name] };
  (if $count == 1 then
     $traces[0].lives as $l
     | def role($r): [$l[] | select(.role == $r)];
       [ (role("won") | curve(if length == 1 then "the winner" else "winners" end; 3; .)), (role("rejected") | curve("rejected"; 2; .)),
         (role("overtaken") | curve("overtaken"; 4; .)), (role("later") | curve("came later"; 1; .)), (role("out") | curve("kept out"; 5; .)) ]
     | map(select(.n > 0))
     | if $n >= 20 and length > 1 then [$l | curve("all clients"; 0; .)] + . else . end
   else [ range([$count, 10] | min) as $i | $traces[$i] | .title as $t | .lives as $l
          # Titles that are the same are told apart by the seed.
          | (if [$traces[].title] | map(select(. == $t)) | length > 1 then "seed \(.seed): " else "" end) as $which
          | $l | curve($which + $t; [1, 2, 3, 4, 5, 6, 7, 8, 9, 0][$i]; .) ] end
   # What would hide behind another is moved aside a little.
   | reduce .[] as $c ([]; . + [$c + { shift: ([.[] | select(.times[0] == $c.times[0])] | length * 2.5) }])) as $curves

| 70 as $left | 730 as $right | 96 as $top | 416 as $bottom
| ([$longest // 1, 1] | max * 1.04) as $max
| def x: . / $max * ($right - $left) + $left | px;
  def y: $bottom - . * ($bottom - $top) | px;

# ---- words at the right, each near the end of its curve, none on another ----

  ([ $curves[] | . + { share: ((.times | length) / ([.n, 1] | max)) } | . + { want: (.share | y) } ]
   | sort_by(.want) | (if length > 8 then 33 else 38 end) as $pitch
   # Downwards, then as far upwards as the lowest needs.
   | reduce .[] as $c ([]; . + [$c + { at: ([$c.want, (if length > 0 then .[-1].at + $pitch else 0 end)] | max) }])
   | (.[-1].at // 0 | if . > $bottom - 8 then $bottom - 8 else . end) as $lowest
   | reverse | reduce .[] as $c ([]; . + [$c + { at: ([$c.at, (if length > 0 then .[-1].at - $pitch else $lowest end)] | min) }])
   | reverse) as $ends
| any($curves[]; .name == "overtaken") as $remark
| ($count == 1 and any($traces[0].lives[]; .role == "out")) as $remark2
| ($bottom + 62 + (if $remark then 20 else 0 end) + (if $remark2 then 20 else 0 end)) as $height
| ([$traces[].lives[] | select(.in)] | length) as $joined

| block("title\tnote\tempty\theight";
    [(if $count == 1 then $traces[0].title else "Time to collaborate in \($count) traces" end | clean | fit(17.8; 950)),
     ((if $count == 1 then "time to collaborate · " else "" end) + "\($joined) of \($n) clients collaborate"
      + (if $count == 1 then
           (if ($traces[0].failed | length) > 0 then " · broken: " + ($traces[0].failed | join(", ")) else "" end) + " · seed \($traces[0].seed)"
         elif $count > 10 then " · the first 10 traces are shown" else " · dots: the winners" end) | clean | fit(12; 955)),
     (if $n == 0 then "No client starts here."
      elif $longest == null then
        (if $n == 1 then "The only client never collaborates" else "None of the \($n) clients ever collaborates" end)
        + ([$traces[].lives[].outcome] | unique | if length <= 3 then " (" + (map(clean) | join("; ")) + ")." else "." end) | fit(14; 940)
      else "" end), $height] | row),

  block("trace\tclient\trole\toutcome\ttotal_ns";
    range($count) as $i | $traces[$i].lives[] | [$i + 1, .name, .role, .outcome, .total] | row),

  block("x\ty\tcolour";
    $curves[] | .n as $n | .colour as $colour | .times as $times | .shift as $shift
    | (range($times | length) as $i | ($times[$i] | x) as $x
        | [$x, ($i / $n | y), $colour], [$x, (($i + 1) / $n | y), $colour]),
      # On to the right where some are missing.
      (if ($times | length) < $n then [(($times[-1] // 0) | x), (($times | length) / $n | y), $colour], [$right, (($times | length) / $n | y), $colour] else empty end),
      null
    | if . == null then "" else .[0] += $shift | .[1] -= $shift | row end),

  block("x\ty\tcolour\tkind";
    $curves[] | .n as $n | .colour as $colour | .times as $times | .won as $won
    | (if $count == 1 and $n <= 12 then range($times | length) as $i | [($times[$i] | x) + .shift, (($i + 1) / $n | y) - .shift, $colour, 0] | row else empty end),
      (if $count > 1 then $won[] as $w | [($w | x) + .shift, (([$times[] | select(. <= $w)] | length) / $n | y) - .shift, $colour, 1] | row else empty end)),

  block("x\ty\tcolour"; $ends[] | [$right + 12, .at - 7, .colour] | row),
  block("x\ty\ttext\tkind";
    $ends[] | [$right + 34, .at - 7, (.name + (if $count == 1 and .n == 1 then ": " + .names[0] else "" end) | clean | fit(12; 220)), 0],
      [$right + 34, .at + 9,
       ((if .n == (.times | length) then (if .n == 1 then "" else "all \(.n), " end) else "\(.times | length) of \(.n)\(if .times | length == 0 then " collaborate" else ", " end)" end)
        + (.times | if length == 0 then "" elif length == 1 then .[0] | duration elif length == 2 then "\(.[0] | duration) and \(.[1] | duration)"
           else "median \(median | duration)" end) | fit(11; 220)), 1] | row),

  block("x\ty\ty2\ttext";
    ([$max / 8, 1] | max | nice) as $step
    | range(0; $max; $step) | [x, $top, $bottom, duration] | row),
  block("x\tx2\ty\ttext"; (0, 0.25, 0.5, 0.75, 1) | [$left, $right, y, "\(. * 100) %"] | row),
  block("x\ty\ttext"; [$left + ($right - $left) / 2, $bottom + 38, "from the client's start to its first collaborating"] | row),
  block("x\ty\ttext";
    if $remark then [20, $bottom + 62, "overtaken: made a key, but the session was announced before the server answered its creation"] | row else empty end,
    if $remark2 then [20, $bottom + (if $remark then 82 else 62 end), "kept out: never told anything about the session"] | row else empty end)
