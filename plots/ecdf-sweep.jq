# How long it took to collaborate at each point of a sweep, counted from each client's own start: the share that
# collaborates by then, of the winners (thin) and of all others (thick).
#
#   jq -n -r -f plots/ecdf-sweep.jq SWEEP > data.tsv
#
# Of the others those count too that never collaborate: they keep their curve below 100 %. Times are known to 1/128.
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq.
# Block 1, the numbers: point role clients collaborating p50_ns p99_ns max_ns

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

def upper: if . < 256 then . else ((. / 128 | floor) - 1) as $s | (. % 128 + 129) * pow(2; $s) - 1 end;

sweep | . as $sweep
# A point has two curves; more than eight are told apart by nobody.
| .points[:4] as $shown | ($sweep.points | varied) as $varied
| [ range($shown | length) as $i | $shown[$i] | (.measures.winner.n // 0) as $won
    | name_of($varied) as $name
    | ["winner", "rejected"][] as $role
    | { i: $i, name: $name, role: $role, spread: .measures[$role], counts: (.histograms[$role].counts // []),
        n: (if $role == "winner" then $won else ([.counters.clients | tonumber, $won] | max) - $won end),
        colour: (if ($shown | length) == 1 then (if $role == "winner" then 3 else 2 end) else $i + 1 end) }
    | select(.n > 0) ] as $curves
| ([$curves[] | .spread.min // empty] | min // 1) as $least
| ([$curves[] | .spread.max // empty] | max // null) as $longest
| ([$curves[] | .spread.p50 // empty] | max // 1) as $middle
| ($longest != null and $longest > 12 * $middle and $least > 0) as $log
| 76 as $left | 690 as $right | 112 as $top | 442 as $bottom
| along((if $log then $least else 0 end); $longest // 1; $left; $right - 16; $log) as $axis
| def y: $bottom - . * ($bottom - $top) | px;
  # Points of a curve, without those that no eye tells apart.
  def steps: . as $c
    | reduce .counts[] as [$bucket, $n] ({ sum: 0, out: [], at: [-9, 0] };
        ($bucket | upper | [., $c.spread.max] | min | on($axis)) as $x | (.sum / $c.n | y) as $before
        | .sum += $n | (.sum / $c.n | y) as $after
        | if $x - .at[0] >= 0.5 or .at[1] - $after >= 0.5 or .out == [] then .out += [[$x, $before], [$x, $after]] | .at = [$x, $after]
          else . end)
    | ($c.spread.max | on($axis)) as $x | (.sum / $c.n | y) as $last
    | .out + [[$x, (.at[1])], [$x, $last]] + [[$right, $last]];
  ($curves | group_by(.i) | map(.[0] + { roles: . })) as $points
| (if ($shown | length) == 1 then 0 else [50, 340 / ([$points | length, 1] | max)] | min end) as $pitch
| ($bottom + 84) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("time to collaborate\($sweep | runs_text) · \($sweep | whole)"
      + (if ($sweep.points | length) > 4 then " · the first 4 of \($sweep.points | length) points, left out: \([$sweep.points[4:][] | name_of($varied)] | join("; "))" else "" end) | clean | fit(12; 955)),
     (if ($sweep.points | length) == 0 then "No run was made." elif $longest == null then "No client ever collaborates." else "" end), $height] | row),
  block("point\trole\tclients\tcollaborating\tp50_ns\tp99_ns\tmax_ns";
    $curves[] | [.i, .role, .n, .spread.n // 0, .spread.p50 // "", .spread.p99 // "", .spread.max // ""] | row),
  block("x\tx2\ty\ty2"; empty),
  block("x\ty\ty2\ttext"; rounds($axis)[] | [on($axis), $top, $bottom, times] | row),
  block("x\tx2\ty\ttext"; (0, 0.25, 0.5, 0.75, 1) | [$left, $right, y, "\(. * 100) %"] | row),
  block("x\ty\ty2"; empty),
  block("x\ty\tcolour\tstyle";
    $curves[] | select(.spread != null) | .colour as $colour | (if .role == "winner" and ($shown | length) > 1 then 1 else 0 end) as $style
    | (steps[] | . + [$colour, $style] | row), ""),
  block("x\ty\ty2\tcolour"; empty),
  block("x\ty\tcolour"; empty),
  block("x\ty\tcolour\tstyle";
    if $pitch == 0 then range($curves | length) as $k | [$right + 18, $top + 8 + 42 * $k, $curves[$k].colour, 0] | row
    else range($points | length) as $k | $points[$k].roles[] | [$right + 18, $top + 2 + $pitch * $k + (if .role == "winner" then 0 else 7 end), .colour, (if .role == "winner" then 1 else 0 end)] | row end),
  block("x\ty\ttext\tkind";
    def spread: if .spread == null then "none collaborates" else "median \(.spread.p50 | times), 99 %: \(.spread.p99 | times)" end;
    def missing: if (.spread.n // 0) < .n then ", \(.n - (.spread.n // 0) | thousands) never" else "" end;
    if $pitch == 0 then range($curves | length) as $k | $curves[$k] | ($top + 8 + 42 * $k) as $y
      | [$right + 40, $y, (if .role == "winner" then "\(.n | thousands) winners" else "\(.n | thousands) others" + missing end | fit(12; 255)), 0],
        [$right + 40, $y + 16, spread, 1] | row
    else range($points | length) as $k | ($top + 4 + $pitch * $k) as $y
      | [$right + 40, $y, ($points[$k].name | clean | fit(12; 262)), 0],
        [$right + 40, $y + 16, ([$points[$k].roles[] | (if .role == "winner" then "winners " else "others " end) + (if .spread == null then "\(.n | thousands) never" else (.spread.p50 | times) + missing end)] | join(", ") | fit(11; 262)), 1] | row end),
  block("x\ty\ttext\tkind";
    ([($left + $right) / 2, $bottom + 38, "time from the client's start to its first collaborating" + (if $log then ", logarithmic" else "" end), 0] | row),
    ([20, $top - 18, "share of all such clients", 1] | row),
    ([$right + 18, $top - 18, ($varied | join(", ") | clean | fit(12; 280)), 1] | row),
    ([20, $bottom + 62, (if ($shown | length) > 1 then "thin: winners · thick: all others · times at the right: medians of those that do" else "others: rejected, overtaken, come later, or kept out" end), 1] | row))
