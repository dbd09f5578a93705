# What the clocks say. Takes the first trace.
#
#   jq -n -r -f plots/clocks.jq TRACE > data.tsv
#
# Above: how far each clock that stamps or judges tokens is from true time. A trace shows a clock in whole seconds only,
# when the signer signs and when the server judges; each reading bounds the clock's error, and all of one clock between
# two steps together bound it closely. A clock that may be right is a line. Where the first line says how far clocks were off at the
# start, that is exact; else true time is taken to be the server's clock at the start.
# Below: one row a token, the refused ones first, 14 at most: the bar is the time for which the token is valid by the
# server's clock (leeway included), the marks are when it was signed and when it was judged. What lies behind the end of
# the run is in a strip of its own at the right.
# Places are pixels of a picture 1000 wide, y downwards; see figure.jq for the axis.
#
# Blocks: 0 title, note, empty, height   1 errors: x x2 y y2 kind (0 server, 1 signer)   2 their names: x y text kind
#   3 line of no error: x x2 y   15 the axis of errors: x x2 y text   4 validity: x x2 y kind (0 accepted, 1 refused)   5 names: x y text kind (0, 1 bad, 2 muted)
#   6 marks: x y kind (0 signed, 1 accepted, 2 refused)   7 words: x y text kind   8 ticks: x y y2 text
#   9 folds: x x2 y y2 text   10 strip: x x2 y y2 text   11 key of marks: x y kind text
#   12 key of bars: x y kind text   13 headings: x y text   14 words in the strip: x y text

include "figure" { search: "./" };

def seconds: . as $s | (if $s < 0 then -$s else $s end) as $a
  | if $a >= 63115200 then ($a / 31557600 | decimals(0)) + " years" elif $a >= 172800 then ($a / 86400 | decimals(0)) + " days"
    elif $a >= 120 then ($a / 60 | decimals(1)) + " min" elif $a < 1 and $a > 0 then $a * 1e9 | duration elif $a >= 10 then ($a | decimals(1)) + " s" else ($a | decimals(2)) + " s" end;

[limit(1; inputs | select(.type == "trace"))] as [$head]
| [label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end] as $all
| ($all | map(select(.type == "event"))) as $events
| (([$events[-1].t // 0] + ($all[-1:] | map(.t // 0))) | max) as $stop
| $head.nodes[0] as $server | $head.nodes[1] as $signer
| [$events[] | select(.event == "token-judged")] as $judged

# How far both clocks were off at first, in seconds; null where nothing is told. That of one is told where the other is off, too.
| (if $head | has("server-ahead") or has("signer-ahead") then ($head["server-ahead"] // 0) / 1e9 else null end) as $server_off
| (if ($head | has("signer-ahead")) or ($server_off != null and $head.signer != "exec") then ($head["signer-ahead"] // 0) / 1e9 else null end) as $signer_off
# The bounds of a clock's zero, piece by piece between its steps: { from, to, low, high, known }.
| def pieces($node; $off; readings):
    ([0] + [$events[] | select(.event == "clock" and .node == $node) | .t]) as $from
    | [range($from | length) as $i
       | ($from[$i + 1] // $stop) as $to
       | [readings | select(.[0] >= $from[$i] and (.[0] < $to or $to == $stop))] as $r
       | ([$events[] | select(.event == "clock" and .node == $node and .t == $from[$i]) | .offset / 1e9][-1] // (if $i == 0 then $off else null end)) as $known
       | { from: $from[$i], to: $to, known: $known,
           low: ($r | map(.[1] - .[0] / 1e9) | max), high: ($r | map(.[1] + 1 - .[0] / 1e9) | min) }];
  pieces($server; $server_off; $judged[] | [.t, .now]) as $serverclock
| pieces($signer; $signer_off; $events[] | select(.event == "token-signed") | [.t, .iat]) as $signerclock

# The whole second within the bounds, if there is one: runs begin on a whole second.
| def zero: if .low == null then null elif (.low | ceil) < .high then (.low | ceil) else .low end;
  (($serverclock | map(select(.low != null))[0] // {}) | if .known != null and .low != null then .low -= .known | .high -= .known else . end | zero) as $true
| def bounds: if .known != null then [.known, .known] elif .low == null or $true == null then null
              else [.low - $true, .high - $true] end;
  # The server's first piece is what the others are measured against.
  (($serverclock | to_entries | map(.key as $i | .value + { kind: 0, bounds: (.value | if $i == 0 and .known == null and .low != null then [0, 0] else bounds end) }))
   + ($signerclock | map(. + { kind: 1, bounds: bounds })) | map(select(.bounds != null))) as $clocks
# Where the server's clock starts to count, in seconds, for judging at an instant.
| def serverzero: . as $t | [$serverclock[] | select(.from <= $t)][-1] as $p
    | if $p.known != null and $true != null then $true + $p.known else ($p | zero) // $true end;

# The tokens: one row for what was judged of one client and one token.
  ([ $judged | group_by([.client, .iat, .exp])[]
     | .[0] as $f | ($f.t | serverzero) as $zero
     | { client: $f.client, iat: $f.iat, t: $f.t, bad: (map(select(.result != "ok"))[0]), judged: .,
         from: (((([$f.iat, ($f.nbf // $f.iat)] | max) - $f.leeway) - $zero) * 1e9), until: (($f.exp + $f.leeway - $zero) * 1e9) } ]
   | sort_by([(.bad == null), .t]) | .[:14] | sort_by(.t)
   | map(. as $r | .signed = ([$events[] | select(.event == "send" and .msg == "token" and .to == $r.client and .iat == $r.iat and .t <= $r.t) | .t][-1]))) as $rows
| ([$judged | group_by([.client, .iat, .exp])[]] | length) as $tokens
| ($rows | length) as $n

| 178 as $left | 972 as $right
# The strip for what lies behind the end.
| ($rows | map(select(.until > $stop or .from > $stop)) | length > 0) as $later
| (if $later then $right - 120 else $right - 56 end) as $data
| axis([$stop, $events[].t]; $left; $data) as $axis
| def x: place($axis) | [., $data] | min;

# ---- errors ----

  def right: .bounds[0] <= 0 and .bounds[1] >= 0;
  ([$clocks[] | select(right | not) | .bounds[]] + [0] | [min, max]) as [$least, $most]
| (if $least == $most then [-0.5, 0.5] else [$least, $most] end) as [$least, $most]
| ([$most - $least, 1] | max) as $spread
# Where the clocks are days or years apart, the axis has these.
| (if $spread >= 5 * 31557600 then { in: 31557600, word: "years" } elif $spread >= 5 * 86400 then { in: 86400, word: "days" } else { in: 1, word: "s" } end) as $unit
| ($spread / $unit.in / 5 | (log10 | floor | pow(10; .)) as $ten | if . <= 2 * $ten then 2 * $ten elif . <= 5 * $ten then 5 * $ten else 10 * $ten end | . * $unit.in) as $step
| (if ($axis.folds | length) > 0 then 118 else 100 end) as $top | 96 as $tall
| def ye: $top + $tall - (. - $least + $spread * 0.12) / ($spread * 1.24) * $tall | px;
  ($top + $tall + 56) as $table
| 39 as $pitch
| def yr($i): $table + ($i + 0.5) * $pitch;
  ($table + $n * $pitch + 6) as $bottom
| ($bottom + 78) as $height

| ([$judged[] | select(.result != "ok")] | length) as $refused
| ("\($tokens) tokens judged \($judged | length) times · \($refused) refused · leeway \($judged[0].leeway // 0) s"
   + (if $n < $tokens then " · \($n) of \($tokens) tokens shown" else "" end) + " · seed \($head.seed)") as $note

| block("title\tnote\tempty\theight";
    [$head.scenario | clean | cut(100), $note,
     (if ($judged | length) == 0 then "No token is judged in this run: its clocks do not show." else "" end), ($height | ceil)] | row),

  block("x\tx2\ty\ty2\tkind";
    $clocks[] | (if right then [(0 | ye) + (if .kind == 0 then 4 else 0 end), (0 | ye) - (if .kind == 0 then 0 else 4 end)] else [(.bounds[0] | ye), (.bounds[1] | ye)] end) as [$a, $b]
    | (($a + $b) / 2) as $m
    | [(.from | x), (if .to == $stop then $data else .to | x end),
       (if $a - $b < 4 then $m - 2 else $b end), (if $a - $b < 4 then $m + 2 else $a end), .kind] | row),

  # Each clock has its name where it ends, and how far off it was at first and is at last.
  block("x\ty\ttext\tkind";
    def says($short):
      if .kind == 0 and .known == null then (if $short then "true" else "taken as true" end)
      else (if .bounds[1] + .bounds[0] >= 0 then "ahead" else "behind" end) as $w
        | (.bounds | map(if . < 0 then -. else . end) | sort) as [$a, $b]
        | if right then (if .known != null or $short then "right" else "right within 1 s" end)
          elif .bounds[0] == .bounds[1] then "\($a | seconds) \($w)"
          elif $short then "\(($a + $b) / 2 | if . < 10 then decimals(1) else decimals(0) end) s \($w)"
          elif $a >= 172800 then "\(($a + $b) / 2 | seconds) \($w)"
          else "\(if $b < 120 then $a | decimals(2) else $a | decimals(0) end) to \(if $b < 120 then $b | decimals(2) else $b | decimals(0) end) s \($w)" end end;
    [$clocks | group_by(.kind)[]]
    | map((.[0] | says(true)) as $first | (.[-1] | says(true)) as $last | (length > 1 and $first != $last) as $changes | .[-1]
          | { y: (if right then 0 | ye else (.bounds[0] + .bounds[1]) / 2 | ye end), kind, name: (if .kind == 0 then $server else $signer end | clean | cut(22)),
              says: (if $changes then ([" ahead", " behind"] | map(. as $w | select(($first | endswith($w)) and ($last | endswith($w))))[0] // "") as $w | "\($first | rtrimstr($w)), then \($last)" else says(false) end) })
    | sort_by(.y, -.kind)
    | if length == 2 and .[1].y - .[0].y < 34 then ((.[0].y + .[1].y) / 2) as $m | .[0].y = $m - 17 | .[1].y = $m + 17 else . end
    | .[] | [$left - 12, .y - 7, .name, .kind], [$left - 12, .y + 8, .says, 2] | row),

  block("x\tx2\ty"; [$left, $data, (0 | ye)] | row),

  block("x\tx2\ty\tkind";
    range($n) as $i | $rows[$i]
    | (if .bad != null then 1 else 0 end) as $k
    | (if .from > $stop then $data + 18 else [.from, 0] | max | x end) as $a
    | (if .until > $stop then $right elif .until < 0 then $left + 3 else .until | x end) as $b
    | (if .until < 0 then $left else $a end) as $a
    | [$a, $b, yr($i), $k] | row),

  block("x\ty\ttext\tkind";
    range($n) as $i | $rows[$i]
    | [$left - 12, yr($i) - 7, (.client | clean | cut(22)), 0],
      [$left - 12, yr($i) + 8, (if .bad != null then .bad.result else "accepted" end | clean | cut(24)), (if .bad != null then 1 else 2 end)] | row),

  block("x\ty\tkind";
    range($n) as $i | $rows[$i]
    | (if .signed != null then [(.signed | x), yr($i), 0] else empty end),
      (.judged[] | [(.t | x), yr($i), (if .result == "ok" then 1 else 2 end)]) | row),

  # How far off a refused token was.
  block("x\ty\ttext\tkind";
    range($n) as $i | $rows[$i]
    | (.bad | if . == null then empty
              elif .result == "issued-in-future" then "issued \(.iat - .now | seconds) ahead of the server's clock"
              elif .result == "not-yet-valid" then "not valid for another \((.nbf // .iat) - .now | seconds)"
              elif .result == "expired" and .now == .exp then "expired within this second"
              elif .result == "expired" then "expired \(.now - .exp | seconds) ago by the server's clock"
              else empty end) as $w
    | (.bad.t | x) as $x | ($w | wide(11)) as $wide
    | ([(.signed // empty), .judged[].t | x] | sort) as $marks
    # Where no mark is in the way.
    | ([ [$x + 12, 0], [$x - 12, 1], [$marks[-1] + 12, 0], [$marks[0] - 12, 1] ]
       | map(select((if .[1] == 0 then [.[0], .[0] + $wide] else [.[0] - $wide, .[0]] end) as [$a, $b]
                    | $a >= $left and $b <= $data and all($marks[]; . < $a - 8 or . > $b + 8)))[0]) as $at
    | select($at != null) | [$at[0], yr($i), $w, $at[1]] | row),
  block("x\ty\ty2\ttext"; ticks($axis) | select(.[0] < $data - 10 or ($later | not)) | [.[0], $top - 4, $bottom, (.[1] | exactly)] | row),
  block("x\tx2\ty\ty2\ttext"; folds($axis) | [.[0], .[1], $top - 4, $bottom, .[2]] | row),
  block("x\tx2\ty\ty2\ttext"; if $later then [$data + 14, $right, $table - 4, $bottom, "later"] | row else empty end),
  block("x\ty\tkind\ttext";
    reduce ([0, "signed"], [1, "accepted"], [2, "refused"]) as $m ({ x: 520, out: [] };
      .out += [[.x, $bottom + 54, $m[0], $m[1]]] | .x += 40 + ($m[1] | wide(12)))
    | .out[] | row),
  block("x\ty\tkind\ttext"; [20, $bottom + 54, 0, "valid by the server's clock"], [236, $bottom + 54, 1, "the same, of a token it refused"] | row),
  block("x\ty\ttext";
    [$left, (if ($axis.folds | length) > 0 then $top - 34 else $top - 16 end), "Error of each clock" + (if $server_off != null and $signer_off != null then "" else ", as closely as whole seconds tell" end)], [$left, $table - 14, "Tokens"] | row),
  block("x\ty\ttext";
    range($n) as $i | $rows[$i]
    | if .from > $stop then [($data + 18 + $right) / 2, yr($i), "from \(.from / 1e9 | seconds)"]
      elif .until > $stop then [($data + 14 + $right) / 2, yr($i), "until \(.until / 1e9 | seconds)"] else empty end | row),
  block("x\tx2\ty\ttext";
    range(($least / $step | ceil); ($most / $step | floor) + 1) | . * $step
    | [$left, $data, ye, (if . > 0 then "+" else "" end) + (. / $unit.in * 1e6 | round | . / 1e6 | tostring | sub("^-"; "−")) + (if . == 0 then " s" else " \($unit.word)" end)] | row)
