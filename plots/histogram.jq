# How a measure is spread at each point of a sweep: of all its values the share in each of some sixty equal stretches.
#
#   jq -n -r -f plots/histogram.jq --arg of MEASURE SWEEP > data.tsv
#
# A point has a row of its own, at most eight; its tallest bar is as high as the row. The lines are the median and the 99th
# percentile. Values are known to 1/128. The axis is logarithmic where values are far apart.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers: point n p50_ns p99_ns max_ns   2 bars: x x2 y y2   3 ticks: x y y2 text   4 lines of rows: x x2 y
#  5 marks: x y y2 kind (0 median, 1 99 %)   6 words: x y text kind (0 at the left end, 1 less, 2 centred)   7 names of rows: x y text kind

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

def lower: if . < 256 then . else ((. / 128 | floor) - 1) as $s | (. % 128 + 128) * pow(2; $s) end;
def upper: if . < 256 then . else ((. / 128 | floor) - 1) as $s | (. % 128 + 129) * pow(2; $s) - 1 end;
def middle: (lower + upper) / 2;

sweep | . as $sweep
| of as $of
| (if $of | startswith("token-") then 1e9 else 1 end) as $unit
| (.points | varied) as $varied
| [.points[] | . as $p
   | (if $of == "time-to-collaborate" then ["winner", "rejected"] else [$of] end) as $names
   | { name: name_of($varied), spread: .measures[$of], counts: [$names[] as $n | $p.histograms[$n].counts // [] | .[]] }
   | select(.spread != null)] as $all
| $all[:8] as $shown
| 200 as $left | 960 as $right | 96 as $top
| (if ($shown | length) == 1 then 240 else 78 end) as $pitch
| ([$shown[].spread.min] | min // 0) as $least | ([$shown[].spread.max] | max // 1) as $greatest
| ([$shown[].spread.p50] | min // 1) as $middle
| ($least > 0 and $greatest > 12 * $middle) as $log
| along((if $log then $least else 0 end); ($greatest | if . == 0 then 1 else . end); $left; $right; $log) as $axis
| 64 as $n_bins | (($right - $left) / $n_bins) as $dx
| ($top + $pitch * ([$shown | length, 1] | max)) as $bottom
| def bins: .counts | reduce .[] as [$bucket, $n] ({};
      ([[$bucket | middle, $least] | max, $greatest] | min | on($axis) | (. - $left) / $dx | floor | [[., 0] | max, $n_bins - 1] | min | tostring) as $i | .[$i] += $n);
  block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("\($of): \({ "orphan-kept": "how long the store kept the orphan that it kept longest, a run", "key-need": "the age to which a key was needed, a run", "key-age": "the age of a key when it was asked for",
                   "winner": "time to collaborate, of winners", "rejected": "time to collaborate, of all others", "time-to-collaborate": "time to collaborate",
                   "token-early": "by how much a token was from the future", "token-age": "the age of a token when it was judged", "token-left": "how long a judged token was still valid" }[$of] // $of)"
      + " · \($sweep | whole)" + (if ($all | length) > 8 then " · the first 8 of \($all | length) points" else "" end)
      + (if ($all | length) < ($sweep.points | length) and ($all | length) > 0 then " · \(($sweep.points | length) - ($all | length)) points without any" else "" end) | clean | fit(12; 955)),
     (if ($sweep.points | length) == 0 then "No run was made." elif ($shown | length) == 0 then "Nothing was measured as \($of)." else "" end), $bottom + 84] | row),
  block("point\tn\tp50_ns\tp99_ns\tmax_ns"; $shown[] | [.name, .spread.n, .spread.p50 * $unit, .spread.p99 * $unit, .spread.max * $unit] | row),
  block("x\tx2\ty\ty2";
    range($shown | length) as $i | $shown[$i] | bins as $bins | ([$bins[]] | max // 1) as $tallest | ($top + $pitch * ($i + 1)) as $base
    | $bins | to_entries | sort_by(.key | tonumber)[] | (.key | tonumber) as $k
    | [($left + $k * $dx + 0.5 | px), ($left + ($k + 1) * $dx - 0.5 | px), ($base - ([.value / $tallest * ($pitch - 16), 1] | max) | px), $base] | row),
  block("x\ty\ty2\ttext"; (if $unit == 1 then $axis else $axis end) | rounds(.)[] | [on($axis), $top, $bottom, (. * $unit | times)] | row),
  block("x\tx2\ty"; range($shown | length) as $i | [$left, $right, $top + $pitch * ($i + 1)] | row),
  block("x\ty\ty2\tkind"; range($shown | length) as $i | $shown[$i].spread | ($top + $pitch * ($i + 1)) as $base
    | [(.p50 | on($axis)), $base - $pitch + 10, $base, 0], [(.p99 | on($axis)), $base - $pitch + 10, $base, 1] | row),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 40, $of + (if $log then ", logarithmic" else "" end), 2] | row),
    ([$left, $bottom + 62, "bars: the share of values in each stretch, the tallest of a row as high as the row", 1] | row),
    ([$left, $top - 12, "thick line: median · dotted: 99 % are below", 1] | row),
    ([20, $top - 12, ($varied | join(", ") | clean | fit(12; 170)), 1] | row)),
  block("x\ty\ttext\tkind";
    range($shown | length) as $i | $shown[$i] | ($top + $pitch * ($i + 0.5)) as $y
    | [20, $y - 16, (.name | if . == "" then "all runs" else . end | clean | fit(12; 172)), 0],
      [20, $y + 2, "\(.spread.n | thousands) values", 1],
      [20, $y + 19, ("median \(.spread.p50 * $unit | times), 99 % \(.spread.p99 * $unit | times)" | fit(11; 176)), 2] | row)
