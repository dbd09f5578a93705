# What runs show of a span, and what is proved of it: the distribution over the seeds of a sweep, its greatest value, and the bound.
#
#   jq -n -r -f plots/bounds.jq --arg proved "$(session-race advise --exact --format json SCENARIO)" SWEEP > data.tsv
#
# A row for each span that both know. Heights are shares of the runs (of key ages and clients: of all of them) in 36 equal steps of time.
#
# All places are pixels of a picture 1000 wide, y downwards. Blocks and colours are those of retention.jq.
# Block 1, the numbers: watch n p50_ns p99_ns max_ns proved_ns

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

def upper: if . < 256 then . else ((. / 128 | floor) - 1) as $s | (. % 128 + 129) * pow(2; $s) - 1 end;
def greatest: map(. // empty) | max;

sweep | . as $sweep
| (arg("proved") | if . == "" then {} else fromjson end) as $proof
| ($sweep.points[0] // {}) as $point
| [ { watch: "key-need", words: "age to which a key is needed", of: ["key-need"] },
    { watch: "key-lookup", words: "age at which a key is asked for", of: ["key-age"] },
    { watch: "collaborate", words: "from a client's start until it collaborates", of: ["winner", "rejected"] } ]
| map(. as $row
    | .bound = ([$proof.watches[]? | select(.watch == $row.watch)] | .[0])
    | .counts = [$row.of[] | $point.histograms[.].counts[]?]
    | .spreads = [$row.of[] | $point.measures[.] | select(. != null and .n > 0)]
    | .n = ([.spreads[].n] | add // 0) | .most = ([.spreads[].max] | greatest)
    | .p50 = ([.spreads[].p50] | greatest) | .p99 = ([.spreads[].p99] | greatest)
    | select(.bound != null and .n > 0)) as $rows
| 76 as $left | 960 as $right | 150 as $top | 120 as $pitch | 64 as $tall | 36 as $bins
| ([$rows[] | .bound.most, .most] | max // 1) as $longest
| along(0; $longest * 1.04; $left; $right; false) as $axis
| ($top + $pitch * ([($rows | length), 1] | max) - 20) as $bottom
| def profile($row; $y):
    ($row.most / $bins) as $step
    | (reduce $row.counts[] as [$bucket, $n] ([range($bins) | 0];
         ([($bucket | upper) / $step | floor, $bins - 1] | min) as $i | .[$i] += $n)) as $all
    | ($all | max) as $peak
    | [0 | on($axis), $y],
      (range($bins) | . as $i | [($i + 0.5) * $step | on($axis), $y - $all[$i] / $peak * $tall | px]),
      [$row.most | on($axis), $y];
  ($bottom + 90) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("what \($sweep.points[0].runs // 0 | tonumber | thousands) runs show, and what is proved for all delays within their bounds"
      + (if ($sweep.points | length) > 1 then " · the first of \($sweep.points | length) points" else "" end)
      + (if $proof.cut != null then " · cut at \($proof.cut.share)" else "" end) | clean | fit(12; 955)),
     (if ($rows | length) == 0 then "The sweep and the proof have no span in common." else "" end), $height] | row),
  block("watch\tn\tp50_ns\tp99_ns\tmax_ns\tproved_ns"; $rows[] | [.watch, .n, .p50, .p99, .most, .bound.most] | row),
  block("x\tx2\ty\ty2"; empty),
  block("x\ty\ty2\ttext"; rounds($axis)[] | [on($axis), $top - 50, $bottom, times] | row),
  block("x\tx2\ty\ttext"; range($rows | length) as $k | [$left, $right, $top + $pitch * $k + 40, ""] | row),
  block("x\ty\ty2"; empty),
  block("x\ty\tcolour\tstyle"; range($rows | length) as $k | (profile($rows[$k]; $top + $pitch * $k + 40) | . + [1, 0] | row), ""),
  block("x\ty\ty2\tcolour";
    range($rows | length) as $k | ($top + $pitch * $k + 40) as $y | $rows[$k]
    | ([(.most | on($axis)), $y - $tall, $y, 1], [(.bound.most | on($axis)), $y - $tall, $y, 5] | row)),
  block("x\ty\tcolour"; empty),
  block("x\ty\tcolour\tstyle"; empty),
  block("x\ty\ttext\tkind"; empty),
  block("x\ty\ttext\tkind";
    (range($rows | length) as $k | ($top + $pitch * $k + 40) as $y | $rows[$k]
     | ([$left + 4, $y - $tall - 14, "\(.words): median \(.p50 | times), greatest seen \(.most | times), proved \(if .bound.attained then "" else "at most " end)\(.bound.most | times)", 2] | row)),
    ([20, $bottom + 62, "blue: the runs, and the greatest value seen · red: the proved bound" + (if any($rows[]; .bound.attained | not) then ", no run of which is known where it says “at most”" else ", which a run attains" end), 1] | row))
