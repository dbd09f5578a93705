# How often a run fails, and how often it harms somebody, when the store keeps keys for a time: the share of runs in which some check
# failed, and of those with an editor locked out, against `retention = for(D)`.
#
#   jq -n -r -f plots/retention.jq --arg x encryption-provider.retention SWEEP > data.tsv
#
# Bars are the exact 95 % intervals. Other retentions stand in a strip at the right. What else is varied makes a
# curve each. --arg advised NS draws a line where `advise` says that it is enough; --arg of NAME another share alone. Where some share is
# below 1 % the axis is logarithmic, and what is 0 stands at "none".
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
include "lines" { search: "./" };

sweep | . as $sweep
| arg("x") as $x
| [if arg("of") != "" then arg("of") else "failed", "locked-out" end | . as $of | select($of != "locked-out" or arg("of") != "" or any($sweep.points[]; share($of) != null))] as $kinds
| { "failed": "some check failed", "locked-out": "an editor locked out" } as $kind_words
| .points | varied - [$x] | . as $others
| $sweep.points
| map({ at, runs, name: name_of($others), retention: .at[$x], kept: (.at[$x] | kept), shares: (. as $p | [$kinds[] as $k | $p | share($k)]) })
| . as $all
| (reduce .[].name as $n ([]; if any(.[]; . == $n) then . else . + [$n] end)) as $names
| ($names | length > 1) as $several
| ($names[:9]) as $shown
# A curve: its name, its colour, thick for the first share and thin for the second, its points.
| ([range($kinds | length) as $k | range($shown | length) as $i
    | { name: (if $several then $shown[$i] else $kind_words[$kinds[$k]] // "" end), colour: (if $several then $i + 1 elif $k == 0 then 1 else 5 end),
        style: (if $several then $k else 0 end), i: (if $several then $i else $k end),
        points: [$all[] | select(.name == $shown[$i]) | { runs, retention, kept, share: .shares[$k] }] }]) as $curves
| (if $several then $shown else $curves end | length) as $n
| [$curves[].points[]] as $points
| ($all | map(select(.kept == null) | .retention) | reduce .[] as $t ([]; if any(.[]; . == $t) then . else . + [$t] end)
   | sort_by(if . == "forever" then 1 else 0 end) | .[:6]) as $strip
| ($n > 1) as $many
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
| ([$points[].share.share | select(. > 0)] | min) as $smallest
| ([$points[].share | .share, .high] | share_scale($smallest != null and $smallest < 0.01; $top; $bottom)) as $scale
| def y: y($scale);
  # Curves beside each other where their bars would lie on each other.
  def aside($i): if $many then ($i - ($n - 1) / 2) * (if $several then 3 else 6 end) else 0 end;
  def place: if .kept != null then .kept | on($axis) else .retention as $r | ($strip | index([$r]) // empty) | $right + 14 + (. + 0.5) * $slot end;
  (if $scale.log then 10 else 0 end) as $lower
| ($bottom + 84 + $lower) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("share of \([$kinds[] | share_name(.)] | join(" and of ")), and its exact 95 % interval\($sweep | runs_text) · \($sweep | whole)"
      + (if ($names | length) > 9 then " · 9 of \($names | length) curves" else "" end) | clean | fit(12; 955)),
     (if ($points | length) == 0 then "No run was made." else "" end), $height] | row),
  block("curve\tretention\truns\tn\tshare\tlow\thigh"; $curves[] | .name as $name | .points[] | [$name, .retention, .runs, .share.n, .share.share, .share.low, .share.high] | row),
  block("x\tx2\ty\ty2";
    (if $strip_width > 0 then [$right + 14, $far, $top, $bottom] | row else empty end),
    (if $scale.log then [$left, $right, $scale.bottom + 13, $scale.none + 10] | row else empty end)),
  block("x\ty\ty2\ttext";
    (rounds($axis)[] | [on($axis), $top, $bottom + $lower, times] | row),
    (range($strip | length) as $i | [$right + 14 + ($i + 0.5) * $slot, $bottom, $bottom + $lower, $strip_words[$i]] | row)),
  block("x\tx2\ty\ttext"; $scale.ticks[] | [$left, $far, (.[0] | y), .[1]] | row),
  block("x\ty\ty2"; if $advised != null then [($advised | on($axis)), $top - 6, $bottom] | row else empty end),
  block("x\ty\tcolour\tstyle";
    $curves[] | . as $c | [.points[] | select(.kept != null)] | sort_by(.kept)
    | (.[] | [place + aside($c.i), (.share.share | y), $c.colour, $c.style] | row), ""),
  block("x\ty\ty2\tcolour"; $curves[] | . as $c | .points[] | [place + aside($c.i), (.share.low | y), (.share.high | y), $c.colour] | row),
  block("x\ty\tcolour"; $curves[] | . as $c | .points[] | [place + aside($c.i), (.share.share | y), $c.colour] | row),
  block("x\ty\tcolour\tstyle"; if $many then range($n) as $i | [$far + 18, $top + 12 + 32 * $i, $curves[$i].colour, 0] | row else empty end),
  block("x\ty\ttext\tkind"; if $many then range($n) as $i | [$far + 40, $top + 12 + 32 * $i, ($curves[$i].name | clean | fit(12; 246)), 0] | row else empty end),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 40 + $lower, "time for which the store keeps a key: for(D)" + (if $log then ", logarithmic" else "" end), 0] | row),
    (if $strip_width > 0 then [$right + 14 + $strip_width / 2, $bottom + 40 + $lower, "other retentions", 0] | row else empty end),
    ([20, $top - 18, "share of all runs" + (if $scale.log then ", logarithmic" else "" end), 1] | row),
    (if $several then [$far + 18, $top - 18, ($others | join(", ") | clean | fit(12; 270)), 1] | row else empty end),
    (if $several and ($kinds | length) > 1 then ["thick: some check failed", "thin: an editor locked out"] | to_entries[] | [$far + 18, $top + 18 + 32 * $n + 18 * .key, .value, 1] | row else empty end),
    (if $advised != null then ($advised | on($axis)) as $a | "advised: \($advised | times)" as $t
       | (if $a + 8 + ($t | wide(12)) > $far then [$a - 7, $top - 10, $t, 3] else [$a + 7, $top - 10, $t, 2] end) | row else empty end))
