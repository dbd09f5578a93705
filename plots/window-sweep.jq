# Who races: against the start of one client the share of runs that raced, that failed, and that somebody else than the
# first to start won.
#
#   jq -n -r -f plots/window-sweep.jq --arg x "client bob.start" SWEEP > data.tsv
#
# Bars are the exact 95 % intervals. When other keys are varied too there is a curve for each of their values instead, of
# the runs that raced, or of another share: --arg of NAME.
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq.
# Block 1, the numbers: curve start_ns runs n share low high

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

sweep | . as $sweep
| arg("x") as $x
| (.points | varied - [$x]) as $others
| (arg("of") | if . == "" then "raced" else . end) as $of
| ([.points[] | { runs, start: (.at[$x] | numeric.v), of: ., name: name_of($others) } | select(.start != null)]) as $all
| (if ($others | length) == 0 and arg("of") == "" then
     [ ["raced", "raced", 2], ["failed", "some check failed", 5], ["other-won", "a later one won", 1] ] as $kinds
     | [ $kinds[] as [$share, $name, $colour] | { name: $name, colour: $colour, points: [$all[] | . as $p | { start, runs, share: (.of | share($share)) }] } ]
   else
     (reduce $all[].name as $n ([]; if any(.[]; . == $n) then . else . + [$n] end)) as $names
     | [ range($names | length) as $i | { name: (if $names[$i] == "" then $of else $names[$i] end), colour: ($i + 1), points: [$all[] | select(.name == $names[$i]) | { start, runs, share: (.of | share($of)) }] } ]
   end) as $curves
| ($curves[:9] | map(.points |= sort_by(.start))) as $shown
| 76 as $left | 760 as $right | 112 as $top | 412 as $bottom
| [$shown[].points[]] as $points
| along(([$points[].start] | min // 0); ([$points[].start] | max // 1); $left + 12; $right - 12; false) as $axis
| up([$points[].share.high] | max // 1) as $up
| def y: $bottom - ([., $up.top] | min) / $up.top * ($bottom - $top) | px;
  def aside($i): ($i - (($shown | length) - 1) / 2) * 2;
  ($bottom + 84) as $height
| ($shown | to_entries | map(.key as $i | .value + { i: $i, want: (.value.points[-1].share.share // 0 | y) }) | apart(26; $top + 8; $bottom - 8)) as $far

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ((if ($others | length) == 0 and arg("of") == "" then "runs that raced, that failed, and that a later one won" else "share of \(share_name($of))" end)
      + ", with exact 95 % intervals\($sweep | runs_text) · \($sweep | whole)"
      + (if ($curves | length) > 9 then " · 9 of \($curves | length) curves" else "" end) | clean | fit(12; 955)),
     (if ($points | length) == 0 then "No run was made." else "" end), $height] | row),
  block("curve\tstart_ns\truns\tn\tshare\tlow\thigh"; $shown[] | .name as $n | .points[] | [$n, .start, .runs, .share.n, .share.share, .share.low, .share.high] | row),
  block("x\tx2\ty\ty2"; empty),
  block("x\ty\ty2\ttext"; rounds($axis)[] | [on($axis), $top, $bottom, times] | row),
  block("x\tx2\ty\ttext"; range(0; $up.top * 1.0001; $up.step) | [$left, $right, y, axis_percent] | row),
  block("x\ty\ty2"; empty),
  block("x\ty\tcolour\tstyle"; $shown | to_entries[] | .key as $i | .value | .colour as $c | (.points[] | [(.start | on($axis)) + aside($i), (.share.share | y), $c, 0] | row), ""),
  block("x\ty\ty2\tcolour"; $shown | to_entries[] | .key as $i | .value | .colour as $c | .points[] | [(.start | on($axis)) + aside($i), (.share.low | y), (.share.high | y), $c] | row),
  block("x\ty\tcolour"; $shown | to_entries[] | .key as $i | .value | .colour as $c | .points[] | [(.start | on($axis)) + aside($i), (.share.share | y), $c] | row),
  block("x\ty\tcolour\tstyle"; $far[] | [$right + 18, .at, .colour, 0] | row),
  block("x\ty\ttext\tkind"; $far[] | [$right + 40, .at, (.name | clean | fit(12; 190)), 0] | row),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 40, ($x | clean | fit(12; 600)), 0] | row),
    ([20, $top - 18, "share of all runs", 1] | row),
    ([$right + 18, $top - 18, ($others | join(", ") | clean | fit(12; 210)), 1] | row))
