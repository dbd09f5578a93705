# Any share or measure of a sweep against a varied key.
#
#   jq -n -r -f plots/curve.jq --arg x KEY --arg of NAME SWEEP > data.tsv
#
# A share has its exact 95 % interval as a band. Of a measure the thick curve is the median, the thin one the 99th percentile. What else
# is varied makes a curve each, at most nine, or four of a measure.
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq, and lines.jq.
# Block 1, the numbers: curve x y low high

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };
include "lines" { search: "./" };

sweep | . as $sweep
| arg("x") as $x | of as $of
| (.points | varied - [$x]) as $others
| (arg("measure") != "") as $measure
| (if $of | startswith("token-") then 1e9 else 1 end) as $unit
| (.points | groups($x; $others)) as $groups
| (if $measure then 4 else 9 end) as $most
| [$groups[:$most] | to_entries[] | .key as $i | .value.name as $rest | .value.points as $points
   | if $measure then
       (["p50", 0, "median"], ["p99", 1, "99 % below"]) as [$member, $style, $word]
       | { name: ([$word, ($rest | select(. != ""))] | join(", ")), style: $style, colour: ($i + 1),
           points: [$points[] | select(.measures[$of] != null) | { x: .at[$x], y: (.measures[$of][$member] * $unit) }] }
     else
       { name: (if $rest == "" then $of else $rest end), style: 0, colour: ($i + 1),
         points: [$points[] | share($of) as $s | { x: .at[$x], y: $s.share, low: $s.low, high: $s.high }] }
     end] as $curves
| [$curves[].points[].y] as $values
| ([$values[] | select(. > 0)] | min // 1) as $least | ($values | max // 1) as $greatest
| (if $measure then $values | time_scale(112; 432)
   else ($greatest > 30 * $least) as $log | [$curves[].points[] | .y, (if $log then select(.y == 0) else . end | .high)] | share_scale($log; 112; 432) end) as $scale
| lines([($sweep.head.scenario | clean | fit(19.6; 950)),
    ((if $measure then "\($of): the median and the 99th percentile" else "share of \(share_name($of)), and its exact 95 % interval" end) + "\($sweep | runs_text) · \($sweep | whole)"
     + (if ($groups | length) > $most then " · \($most) of \($groups | length) curves" else "" end) | clean | fit(12; 955)),
    (if ($sweep.points | length) == 0 then "No run was made." elif ($values | length) == 0 then "Nothing was measured as \($of)." else "" end), 516];
    $curves; ($sweep.points | key_axis($x; 76; 740)); $scale;
    { x: $x, y: (if $measure then $of else "share of all runs" end), curves: ($others | join(", ")) })
