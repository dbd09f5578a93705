# How often runs fail over two varied keys: a cell for each pair of values.
#
#   jq -n -r -f plots/heatmap.jq --arg x KEY --arg y KEY SWEEP > data.tsv
#
# Values stand in the order of their numbers where they are numbers, else as the sweep has them. Points that differ in other
# keys only are added up. --arg of NAME draws another share than that of failures. Below the share is its exact 95 % interval, and of how
# many runs it is, where there is room.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers: x y runs n share   2 cells: x x2 y y2 heat (0 … 1) kind (0 none at all, 1 some)
#  3 words in them: x y text heat kind   4 values of x: x y text   5 values of y: x y text   6 names of the keys: x y text kind (0 centred, 1 to the right)
#  7 the scale: x x2 y y2 heat kind   8 its words: x y text

include "race" { search: "./" };
include "figure" { search: "./" };
include "sweep" { search: "./" };

sweep | . as $sweep
| arg("x") as $x | arg("y") as $y | of as $of
| (.points | values($x)) as $xs | (.points | values($y)) as $ys
| (.points | varied - [$x, $y]) as $others
| ([.points | group_by([.at[$x], .at[$y]])[]
    | { x: .[0].at[$x], y: .[0].at[$y], runs: (map(.runs) | add), n: (map(share($of).n) | add),
        own: (if length == 1 then .[0] | share($of) else null end) } | .share = .n / .runs]) as $cells
| ([$cells[].share] | max // 0 | if . == 0 then 1 else up(.).top end) as $most
| ([$xs | length, 1] | max) as $nx | ([$ys | length, 1] | max) as $ny
| ([[$ys[].text | clean | wide(12)] | max // 0, 40] | max | [., 210] | min + 34) as $left
| 880 as $right | 112 as $top
| ([[400 / $ny, 54] | min, 12] | max) as $dy
| (($right - $left) / $nx) as $dx
| ($top + $dy * $ny) as $bottom
| (reduce range($xs | length) as $i ({}; .[$xs[$i].text] = $i)) as $column
# The least value is at the bottom, as on any axis.
| (reduce range($ys | length) as $i ({}; .[$ys[$i].text] = $ny - 1 - $i)) as $line
| (if $dx > 60 then 1.5 else 0.5 end) as $gap
| ($dx >= 46 and $dy >= 17) as $words
# Every how many columns there is room for a value.
| (($dx - 6)) as $room
| ([range(1; $nx + 1) as $k | select(all(range(0; $xs | length; $k) as $i | $xs[$i].text | clean | wide(12); . <= $room * $k or $k == $nx)) | $k][0] // 1) as $every
| (if ($xs | all(.v != null)) or $every <= 2 then $every else 1 end) as $every
| (if $dy >= 13 then 1 else 2 end) as $every_y
| ([$bottom + 74, $top + 240] | max) as $height

| block("title\tnote\tempty\theight";
    [($sweep.head.scenario | clean | fit(19.6; 950)),
     ("share of \(share_name($of)) · \($cells | map(.runs) | if length == 0 then "0 runs" elif min == max then "\(min | thousands) runs a cell" else "\(min | thousands) to \(max | thousands) runs a cell" end) · \($sweep | whole)"
      + (if ($others | length) > 0 then " · summed over \($others | join(", "))" else "" end) | clean | fit(12; 955)),
     (if ($cells | length) == 0 then "No run was made." else "" end), $height] | row),
  block("x\ty\truns\tn\tshare"; $cells[] | [.x, .y, .runs, .n, .share] | row),
  block("x\tx2\ty\ty2\theat\tkind";
    $cells[] | $column[.x] as $c | $line[.y] as $l
    | [($left + $c * $dx + $gap | px), ($left + ($c + 1) * $dx - $gap | px), ($top + $l * $dy + $gap | px), ($top + ($l + 1) * $dy - $gap | px),
       (.share / $most), (if .n == 0 then 0 else 1 end)] | row),
  block("x\ty\ttext\theat\tkind";
    if $words then $cells[] | . as $cell | $column[.x] as $c | $line[.y] as $l
      # Below the share what fits: its interval, of how many runs it is.
      | [(.share | percent), (if $dy >= 34 and $dx >= 74 then .own // interval(.n; .runs) | interval_text else empty end), "\(.n) of \(.runs)"]
      | [limit([$dy / 17 | floor, 1] | max; .[] | select(wide(11) < $dx - 4 or endswith(" %") and (contains("…") | not)))]
      | length as $n | to_entries[] | .key as $i | .value as $text
      | [($left + ($c + 0.5) * $dx | px), ($top + ($l + 0.5) * $dy + ($i - ($n - 1) / 2) * 16 | px), $text, ($cell.share / $most), (if $cell.n == 0 then 0 else 1 end)] | row else empty end),
  block("x\ty\ttext"; range(0; $xs | length; $every) as $i | [($left + ($i + 0.5) * $dx | px), $bottom + 15, ($xs[$i].text | clean | fit(12; $room * $every))] | row),
  block("x\ty\ttext"; range(0; $ys | length; $every_y) as $i | [$left - 10, ($top + ($ny - 0.5 - $i) * $dy | px), ($ys[$i].text | clean | fit(12; $left - 30))] | row),
  block("x\ty\ttext\tkind";
    [(($left + $right) / 2), $bottom + 40, ($x | clean | fit(12; 700)), 0], [20, $top - 16, ($y | clean | fit(12; 700)), 1] | row),
  # The scale, from the top down; what no run did is apart, below.
  ([($bottom - $top - 34), 130] | max) as $scale
  | block("x\tx2\ty\ty2\theat\tkind";
      (range(40) as $i | [908, 924, ($top + $scale * $i / 40 | px), ($top + $scale * ($i + 1) / 40 + 0.4 | px), 1 - ($i + 0.5) / 40, 1]),
      [908, 924, $top + $scale + 12, $top + $scale + 28, 0, 0] | row),
    block("x\ty\ttext"; (range(5) as $i | [930, ($top + 6 + ($scale - 12) * $i / 4 | px), ($most * (1 - $i / 4) | if . == 0 then ">0" else axis_percent end)]),
      [930, $top + $scale + 20, "none"] | row)
