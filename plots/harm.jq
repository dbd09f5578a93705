# Who is locked out: the share of runs with an editor locked out, against what is varied, logarithmic, a curve for each reason.
#
#   jq -n -r -f plots/harm.jq --arg x KEY SWEEP > data.tsv
#
# The band is the exact 95 % interval. What else is varied makes curves of its own, at most nine in all. A point at which no run was so
# stands at "none", with the band up to what may be all the same.
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq, and lines.jq.
# Block 1, the numbers: curve x y low high

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };
include "lines" { search: "./" };

sweep | . as $sweep
| arg("x") as $x
| (.points | varied - [$x]) as $others
| [.points[0].shares // {} | keys_unsorted[] | select(startswith("locked-out("))
   | . as $share | select(any($sweep.points[]; .shares[$share].n > 0))] as $reasons
| (if ($reasons | length) == 0 then ["locked-out"] else $reasons end) as $shown
| (.points | groups($x; $others)) as $groups
| [$groups[] | .name as $rest | .points as $points | $shown[] | . as $share
   | { name: ([(capture("^locked-out\\((?<r>.*)\\)$").r // "for any reason"), ($rest | select(. != ""))] | join(", ")), style: 0,
       points: [$points[] | { x: .at[$x], y: .shares[$share].share, low: .shares[$share].low, high: .shares[$share].high }] }]
| to_entries | map(.value + { colour: (.key + 1) }) | . as $all | .[:9] as $curves
| ([$sweep.points[].clients["locked-out"].n // 0] | add // 0) as $out
| ([$sweep.points[].counters.clients // 0 | tonumber] | add // 0) as $clients
| [$curves[].points[] | .y, (select(.y == 0) | .high)] as $values
| lines([($sweep.head.scenario | clean | fit(19.6; 950)),
    ("runs with an editor locked out, by reason, and the exact 95 % interval · \($out) of \($clients) editors locked out\($sweep | runs_text) · \($sweep | whole)"
     + (if ($all | length) > 9 then " · 9 of \($all | length) curves" else "" end) | clean | fit(12; 955)),
    (if ($sweep.points | length) == 0 then "No run was made." else "" end), 516];
    $curves; ($sweep.points | key_axis($x; 76; 740)); ($values | share_scale(true; 112; 432));
    { x: $x, y: "share of all runs", curves: (["reason"] + $others | join(", ")),
      below: (["bands: exact 95 % intervals"] + (if ($reasons | length) == 0 then ["nobody was locked out"] else [] end)) })
