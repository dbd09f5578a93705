# How often a run fails when the store keeps keys for a time: the share of failures against `retention = for(D)`.
#
#   jq -n -r -f plots/retention.jq --arg x encryption-provider.retention SWEEP > data.tsv
#
# Bars are the exact 95 % intervals. Other retentions stand in a strip at the right. What else is varied makes a
# curve each. --arg advised NS draws a line where `advise` says that it is enough; --arg of NAME another share.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers: curve retention runs n share low high   2 strips: x x2 y y2   3 ticks: x y y2 text
#  4 shares: x x2 y text   5 marks: x y y2   6 curves: x y colour style (0 thick 1 thin 2 dotted; pieces apart by empty lines)
#  7 intervals: x y y2 colour   8 points: x y colour   9 samples of curves: x y colour style   10 words there: x y text kind (0 name, 1 less)
#  11 words: x y text kind (0 centred, 1 to the right, 2 and 3 at marks, to the right and to the left)
# Colours: 0 ink 1 blue 2 orange 3 green 4 purple 5 red 6 sky 7 grey 8 yellow 9 brown 10 muted.

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

sweep | . as $sweep
| arg("x") as $x | of as $of
| .points | varied - [$x] | . as $others
| $sweep.points
| map({ at, runs, name: name_of($others), retention: .at[$x], kept: (.at[$x] | kept), share: share($of) })
| . as $all
| (reduce .[].name as $n ([]; if any(.[]; . == $n) then . else . + [$n] end)) as $names
| ($names[:9]) as $shown
| map(select(.name as $n | any($shown[]; . == $n))) as $points
| ($all | map(select(.kept == null) | .retention) | reduce .[] as $t ([]; if any(.[]; . == $t) then . else . + [$t] end)
   | sort_by(if . == "forever" then 1 else 0 end) | .[:6]) as $strip
| ($names | length > 1) as $many
| 76 as $left | (if $many then 700 else 970 end) as $far | 112 as $top | 412 as $bottom
| ($strip | map(fit(11; 96)) ) as $strip_words
| 104 as $slot
| (($strip | length) * $slot) as $strip_width
| ($far - (if $strip_width > 0 then $strip_width + 14 else 0 end)) as $right
| ((arg("advised") | if . == "" then null else tonumber end)) as $advised
| ([$points[] | .kept // empty] + [$advised // empty]) as $kepts
| ([$kepts[] | select(. > 0)] | min // 1) as $least
| ($kepts | max // 1) as $greatest
| (($kepts | min // 1) > 0 and $greatest / $least > 12) as $log
| along((if $log then $least else 0 end); $greatest; $left + (if $log then 24 else 0 end); $right - 24; $log) as $axis
| up([$points[].share.high] | max // 1) as $up
| def y: $bottom - ([., $up.top] | min) / $up.top * ($bottom - $top) | px;
  # Curves beside each other where their bars would lie on each other.
  def aside($i): if $many then ($i - (($shown | length) - 1) / 2) * 3 else 0 end;
  ($bottom + 84) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("share of \(share_name($of)), and its exact 95 % interval\($sweep | runs_text) · \($sweep | whole)"
      + (if ($names | length) > 9 then " · 9 of \($names | length) curves" else "" end) | clean | fit(12; 955)),
     (if ($points | length) == 0 then "No run was made." else "" end), $height] | row),
  block("curve\tretention\truns\tn\tshare\tlow\thigh"; $points[] | [.name, .retention, .runs, .share.n, .share.share, .share.low, .share.high] | row),
  block("x\tx2\ty\ty2"; if $strip_width > 0 then [$right + 14, $far, $top, $bottom] | row else empty end),
  block("x\ty\ty2\ttext";
    (rounds($axis)[] | [on($axis), $top, $bottom, times] | row),
    (range($strip | length) as $i | [$right + 14 + ($i + 0.5) * $slot, $bottom, $bottom, $strip_words[$i]] | row)),
  block("x\tx2\ty\ttext"; range(0; $up.top * 1.0001; $up.step) | [$left, $far, y, axis_percent] | row),
  block("x\ty\ty2"; if $advised != null then [($advised | on($axis)), $top - 6, $bottom] | row else empty end),
  block("x\ty\tcolour\tstyle";
    range($shown | length) as $i | [$points[] | select(.name == $shown[$i] and .kept != null)] | sort_by(.kept)
    | (.[] | [(.kept | on($axis)) + aside($i), (.share.share | y), $i + 1, 0] | row), ""),
  block("x\ty\ty2\tcolour";
    range($shown | length) as $i | $points[] | select(.name == $shown[$i])
    | (if .kept != null then .kept | on($axis) else .retention as $r | ($strip | index([$r]) // empty) | $right + 14 + (. + 0.5) * $slot end) as $at
    | [$at + aside($i), (.share.low | y), (.share.high | y), $i + 1] | row),
  block("x\ty\tcolour";
    range($shown | length) as $i | $points[] | select(.name == $shown[$i])
    | (if .kept != null then .kept | on($axis) else .retention as $r | ($strip | index([$r]) // empty) | $right + 14 + (. + 0.5) * $slot end) as $at
    | [$at + aside($i), (.share.share | y), $i + 1] | row),
  block("x\ty\tcolour\tstyle"; if $many then range($shown | length) as $i | [$far + 18, $top + 12 + 32 * $i, $i + 1, 0] | row else empty end),
  block("x\ty\ttext\tkind"; if $many then range($shown | length) as $i | [$far + 40, $top + 12 + 32 * $i, ($shown[$i] | clean | fit(12; 246)), 0] | row else empty end),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 40, "time for which the store keeps a key: for(D)" + (if $log then ", logarithmic" else "" end), 0] | row),
    (if $strip_width > 0 then [$right + 14 + $strip_width / 2, $bottom + 40, "other retentions", 0] | row else empty end),
    ([20, $top - 18, "share of all runs", 1] | row),
    (if $many then [$far + 18, $top - 18, ($others | join(", ") | clean | fit(12; 270)), 1] | row else empty end),
    (if $advised != null then ($advised | on($axis)) as $a | "advised: \($advised | times)" as $t
       | (if $a + 8 + ($t | wide(12)) > $far then [$a - 7, $top - 10, $t, 3] else [$a + 7, $top - 10, $t, 2] end) | row else empty end))
