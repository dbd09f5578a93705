# What the filters of sweeps share: the points of a result, values as numbers, and the parts of a chart.
#
# Given by --arg: of (which share: failed when absent), x and y (the varied keys on the axes).

include "race" { search: "./" };
include "figure" { search: "./" };

# { head, points } of the one result that is read.
def sweep: reduce inputs as $r ({ points: [] }; if $r.type == "sweep" then .head = $r elif $r.type == "point" then .points += [$r]
                                               elif $r.type == "end" then .complete = $r.complete else . end);
def arg($name): $ARGS.named[$name] // "";
def of: arg("of") | if . == "" then "failed" else . end;
# The share that is drawn: { n, share, low, high }.
def share($of): .shares[$of] // .checks[$of];
def share_name($of): { "failed": "runs in which some check failed", "raced": "runs that raced", "first-won": "runs that who started first won",
    "other-won": "runs that somebody else than the first won", "nobody-won": "runs without a session", "at-limit": "runs that the limit ended",
    "orphaned": "runs with an orphaned key", "refused": "runs in which a token was refused", "unexpected": "runs not as expected",
    "locked-out": "runs with an editor locked out", "stuck": "runs with an editor stuck", "left": "runs with an editor who left early",
    "away": "runs with an editor away at the end", "collaborated": "runs with an editor who collaborated" }[$of]
  // (($of | capture("^locked-out\\((?<reason>.*)\\)$") // null) as $m
      | if $m != null then "runs with an editor locked out by \($m.reason)" else "runs in which \($of) failed" end);

# ---- values ----

# The text of a value as { v, kind }: a length of time in ns, a size in bytes, a plain number; null for all else.
def numeric:
  (capture("^(?<minus>-?)(?<n>[0-9]+([.][0-9]+)?)(?<unit>[A-Za-z%/]*)$") // null) as $m
  | if $m == null or ($m.n | length) > 30 then null else
      ({ "ns": [1, "time"], "us": [1e3, "time"], "ms": [1e6, "time"], "s": [1e9, "time"], "min": [60e9, "time"], "h": [3600e9, "time"], "d": [86400e9, "time"],
         "B": [1, "size"], "KiB": [1024, "size"], "MiB": [1048576, "size"], "GiB": [1073741824, "size"],
         "bit/s": [1, "rate"], "kbit/s": [1e3, "rate"], "Mbit/s": [1e6, "rate"], "Gbit/s": [1e9, "rate"],
         "%": [1, "%"], "ppm": [0.0001, "%"], "": [1, "number"] }[$m.unit]) as $unit
      | if $unit == null then null else { v: (($m.n | tonumber) * $unit[0] * (if $m.minus == "-" then -1 else 1 end)), kind: $unit[1] } end
    end;
# `for(D)` as ns, else null.
def kept: (capture("^for[(](?<d>[^()]*)[)]$") // null) | if . == null then null else (.d | numeric | if . != null and .kind == "time" then .v else null end) end;
def times: if . < 0 then "−" + (-. | duration) else duration end;

# The different values of a key, each { text, v }: in the order of numbers where all are, else as they come.
def values($key):
  (reduce .[].at[$key] as $t ([]; if any(.[]; . == $t) then . else . + [$t] end)
   | map({ text: ., number: numeric, kept: kept })
   | map(if .kept != null then .number = { v: .kept, kind: "kept" } else . end)) as $all
  | if all($all[]; .number != null) and ($all | map(.number.kind) | unique | length) == 1 then $all | sort_by(.number.v) else $all end
  | map({ text, v: (.number.v // null), kind: (.number.kind // null) });
def varied: . as $points | [($points[0].at // {} | keys_unsorted[]) as $k | select([$points[].at[$k]] | unique | length > 1) | $k];

# A share as people read it: never 0 when it is not, never 100 when it is not.
def percent:
  (. * 100) as $p
  | if . <= 0 then "0 %" elif . >= 1 then "100 %" elif $p > 99.5 then ">99 %" elif $p >= 9.95 then ($p | decimals(0)) + " %"
    elif $p >= 0.995 then ($p | decimals(1)) + " %" elif $p >= 0.0995 then ($p | decimals(2)) + " %" elif $p >= 0.0095 then ($p | decimals(3)) + " %"
    else "<0.01 %" end;
# The same of round numbers on an axis.
def axis_percent: (. * 1e8 | round | . / 1e6 | tostring) + " %";
def thousands: tostring | [while(length > 0; .[:-3]) | .[-3:]] | reverse | join(" ");

# ---- intervals ----

# The exact 95 % interval of n of runs (Clopper and Pearson), for sums of points; a point has its own. The incomplete beta function by
# its continued fraction, and its inverse by halving.
def fraction($a; $b; $x):
  reduce range(1; 201) as $m ({ c: 1, d: (1 / (1 - ($a + $b) * $x / ($a + 1))), done: false } | .h = .d;
    if .done then . else
      ($m * ($b - $m) * $x / (($a + 2 * $m - 1) * ($a + 2 * $m))) as $even
      | .d = 1 / (1 + $even * .d) | .c = 1 + $even / .c | .h *= .d * .c
      | (-($a + $m) * ($a + $b + $m) * $x / (($a + 2 * $m) * ($a + 2 * $m + 1))) as $odd
      | .d = 1 / (1 + $odd * .d) | .c = 1 + $odd / .c | (.d * .c) as $step | .h *= $step
      | .done = (($step - 1 | if . < 0 then -. else . end) < 1e-12) end) | .h;
def beta($a; $b; $x):
  if $x <= 0 then 0 elif $x >= 1 then 1 else
    ((($a + $b | lgamma) - ($a | lgamma) - ($b | lgamma) + $a * ($x | log) + $b * (1 - $x | log)) | exp) as $front
    | if $x < ($a + 1) / ($a + $b + 2) then $front * fraction($a; $b; $x) / $a else 1 - $front * fraction($b; $a; 1 - $x) / $b end end;
def beta_inverse($a; $b; $p): reduce range(40) as $i ([0, 1]; ((.[0] + .[1]) / 2) as $x | if beta($a; $b; $x) < $p then [$x, .[1]] else [.[0], $x] end) | (.[0] + .[1]) / 2;
def interval($n; $runs):
  { low: (if $n == 0 then 0 else beta_inverse($n; $runs - $n + 1; 0.025) end), high: (if $n == $runs then 1 else beta_inverse($n + 1; $runs - $n; 0.975) end) };
# "3.1 … 12 %"
def interval_text: ((.low | percent) as $a | (.high | percent) as $b | ($a | rtrimstr(" %")) + " … " + $b);

# ---- where things are ----

# Upwards from 0 to the round number that holds the greatest share: { top, step }.
def up($greatest): ([1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.00005, 0.00002, 0.00001, 0.000005, 0.000002, 0.000001] | map(select(. >= $greatest)) | last // 1) as $top
  | { top: $top, step: ($top / (if ($top | tostring | test("2")) then 4 else 5 end)) };
# An axis to the right over numbers, logarithmic where they are far apart and all above 0.
def along($least; $greatest; $left; $right; $far_apart):
  if $far_apart then { log: true, least: ($least | log), greatest: ($greatest | log), left: $left, right: $right }
  else { log: false, least: $least, greatest: (if $greatest > $least then $greatest else $least + 1 end), left: $left, right: $right } end
  | if .greatest <= .least then .greatest = .least + 1 else . end;
def on($axis): ((if $axis.log then log else . end) - $axis.least) / ($axis.greatest - $axis.least) * ($axis.right - $axis.left) + $axis.left | px;
# Round numbers where there is room for their words.
def rounds($axis):
  if $axis.log then
    [range(($axis.least / 2.302585092994046 | floor); ($axis.greatest / 2.302585092994046 | ceil) + 1) as $e | (1, 2, 5) | . * pow(10; $e)]
    | map(select((. | log) >= $axis.least - 1e-9 and (. | log) <= $axis.greatest + 1e-9))
    # The powers of ten first, then what fits between them.
    | ((map(select(log10 | . - round | if . < 0 then -. else . end | . < 1e-9)) + .) | reduce .[] as $v ([]; ($v | on($axis)) as $x
        | if any(.[]; (. | on($axis)) - $x | if . < 0 then -. else . end | . < 62) then . else . + [$v] end)) | sort
  else
    ([($axis.greatest - $axis.least) / (($axis.right - $axis.left) / 82), 1e-9] | max | if . >= 1 then nice else . end) as $step
    | [range(($axis.least / $step | ceil); ($axis.greatest / $step | floor) + 1) | . * $step]
  end;

# ---- curves ----

# Words at the ends of curves, each where it wants to be, none on another. Takes [{ want, … }], adds `at`.
def apart($pitch; $top; $bottom):
  sort_by(.want) | reduce .[] as $c ([]; . + [$c + { at: ([$c.want, (if length > 0 then .[-1].at + $pitch else $top end)] | max) }])
  | ([(.[-1].at // 0), $bottom] | min) as $lowest
  | reverse | reduce .[] as $c ([]; . + [$c + { at: ([$c.at, (if length > 0 then .[-1].at - $pitch else $lowest end)] | min) }]) | reverse;

# The name of a point among others: the values of the keys $others, whose names stand above.
def name_of($others): .at as $at | [$others[] | $at[.]] | join(", ");

# What is said of the whole.
def whole: "seeds \(.head.seeds | gsub("\\.\\."; " to "))" + (if .complete == false then " · incomplete" else "" end);
# Runs a point, or from the least to the most.
def runs_text: [.points[].runs] | if length == 0 then "" elif min == max then " · \(min | thousands) runs a point" else " · \(min | thousands) to \(max | thousands) runs a point" end;
