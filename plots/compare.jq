# Two results side by side: a share at the points that both have, and its difference with an interval.
#
#   jq -n -r -f plots/compare.jq --arg of NAME A B > data.tsv
#
# The intervals of A and B are exact, 95 %. That of the difference B - A is made from both (the method of variance estimates recovery,
# Zou and Donner 2008), as of independent samples; with the same seeds in both it is wider than it need be. Points of one result alone
# are counted, not shown; at most forty are shown.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers: point a_runs a_n a_share b_runs b_n b_share difference low high
#  2 rows: x x2 y y2   3 ticks: x y y2 text   4 line of no difference: x y y2   5 intervals: x x2 y colour (1 A, 2 B, 3 better, 5 worse, 10 either)
#  6 points: x y colour   7 names: x y text kind (0 name, 1 less, 2 to the left)   8 words: x y text kind (0 centred, 1 to the right)
#  9 samples: x y colour   10 words there: x y text

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

reduce inputs as $r ([]; if $r.type == "sweep" then . + [{ head: $r, points: [], file: (input_filename // "" | split("/") | last) }]
                         elif $r.type == "point" then .[-1].points += [$r] elif $r.type == "end" then .[-1].complete = $r.complete else . end)
| . as [$a, $b] | of as $of
| ($a.points | varied) as $varied
| [$a.points[] | . as $p | first($b.points[] | select(.at == $p.at)) as $q
   | ($p | share($of)) as $x | ($q | share($of)) as $y | ($y.share - $x.share) as $d
   | { name: ($p | name_of($varied)), a: ($x + { runs: $p.runs }), b: ($y + { runs: $q.runs }), d: $d,
       low: ([$d - ((pow($y.share - $y.low; 2) + pow($x.high - $x.share; 2)) | sqrt), -1] | max),
       high: ([$d + ((pow($y.high - $y.share; 2) + pow($x.share - $x.low; 2)) | sqrt), 1] | min) }] as $all
| $all[:40] as $shown
| ($shown | length) as $n
| def apart: .low > 0 or .high < 0;
  def signed: if . > 0 then "+" + (. * 1e8 | round | . / 1e6 | tostring) + " %" elif . < 0 then "−" + (-. * 1e8 | round | . / 1e6 | tostring) + " %" else "0" end;
  def signed_share: if . > 0 then "+" + percent elif . < 0 then "−" + (-. | percent) else "0 %" end;
  (if $n <= 16 then 34 else 22 end) as $pitch
| 108 as $top | ($top + $pitch * ([$n, 1] | max)) as $bottom
| ([[$shown[].name | clean | wide(12)] | max // 0, ($varied | join(", ") | clean | wide(12)), 60] | max | [., 220] | min + 42) as $left | ($left + (1000 - $left - 194) * 0.54 | floor) as $right
| ($right + 74) as $from | 880 as $to
| up([$shown[] | .a.high, .b.high] | max // 1) as $up
| ([$shown[] | .low, .high | if . < 0 then -. else . end] | max // 0.01 | [., 0.001] | max | up(.)) as $spread
| def x: $left + ([., $up.top] | min) / $up.top * ($right - $left) | px;
  def dx: ($from + $to) / 2 + . / $spread.top * ($to - $from) / 2 | px;
  def middle($i): $top + $pitch * ($i + 0.5);
  ([$shown[] | select(apart and .d > 0)] | length) as $more | ([$shown[] | select(apart and .d < 0)] | length) as $less
| block("title\tnote\tempty\theight";
    [((if $a.head.scenario == $b.head.scenario then $a.head.scenario else "\($a.head.scenario) | \($b.head.scenario)" end) | clean | fit(19.6; 950)),
     ("share of \(share_name($of)) · \($more) of \($all | length) points more in B, \($less) less"
      + (if $n < ($all | length) then " · the first \($n) shown" else "" end)
      + ((($a.points | length) + ($b.points | length) - 2 * ($all | length)) as $alone | if $alone > 0 then " · \($alone) points in one only" else "" end)
      + (if $a.head.seeds == $b.head.seeds then " · seeds \($a.head.seeds | gsub("\\.\\."; " to ")) in both" else " · seeds \($a.head.seeds | gsub("\\.\\."; " to ")) and \($b.head.seeds | gsub("\\.\\."; " to "))" end)
      | clean | fit(12; 955)),
     (if $n == 0 then "No point is in both results." else "" end), $bottom + 84] | row),
  block("point\ta_runs\ta_n\ta_share\tb_runs\tb_n\tb_share\tdifference\tlow\thigh";
    $all[] | [.name, .a.runs, .a.n, .a.share, .b.runs, .b.n, .b.share, .d, .low, .high] | row),
  block("x\tx2\ty\ty2"; range(0; $n; 2) as $i | [14, 986, $top + $pitch * $i, $top + $pitch * ($i + 1)] | row),
  block("x\ty\ty2\ttext";
    (range(0; $up.top * 1.0001; $up.step) | [x, $top, $bottom, axis_percent] | row),
    ((-$spread.top, -$spread.top / 2, 0, $spread.top / 2, $spread.top) | [dx, $top, $bottom, signed] | row)),
  block("x\ty\ty2"; [(0 | dx), $top, $bottom] | row),
  block("x\tx2\ty\tcolour"; range($n) as $i | $shown[$i] | (if $pitch > 30 then 6 else 4 end) as $off
    | [(.a.low | x), (.a.high | x), middle($i) - $off, 1], [(.b.low | x), (.b.high | x), middle($i) + $off, 2],
      [(.low | dx), (.high | dx), middle($i), (if apart | not then 10 elif .d > 0 then 5 else 3 end)] | row),
  block("x\ty\tcolour"; range($n) as $i | $shown[$i] | (if $pitch > 30 then 6 else 4 end) as $off
    | [(.a.share | x), middle($i) - $off, 1], [(.b.share | x), middle($i) + $off, 2],
      [(.d | dx), middle($i), (if apart | not then 10 elif .d > 0 then 5 else 3 end)] | row),
  block("x\ty\ttext\tkind"; range($n) as $i | $shown[$i]
    | [20, middle($i), (.name | if . == "" then "all runs" else . end | clean | fit(12; $left - 36)), 0], [898, middle($i), (.d | signed_share), 1] | row),
  block("x\ty\ttext\tkind";
    [20, $top - 16, ($varied | join(", ") | clean | fit(12; $left - 30)), 1], [$left, $top - 16, "share of all runs, exact 95 % intervals", 1],
    [$from, $top - 16, "B − A, and its 95 % interval", 1], [(($from + $to) / 2), $bottom + 40, "less in B | more in B", 0] | row),
  block("x\ty\tcolour"; [20, $bottom + 62, 1], [20 + 480, $bottom + 62, 2] | row),
  block("x\ty\ttext"; [46, $bottom + 62, ("A: \($a.file), \($a.points | map(.runs) | add // 0 | thousands) runs" | clean | fit(12; 430))], [46 + 480, $bottom + 62, ("B: \($b.file), \($b.points | map(.runs) | add // 0 | thousands) runs" | clean | fit(12; 430))] | row)
