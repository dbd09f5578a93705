# How long it took to collaborate, counted from each client's own start: the share that collaborates by then.
#
#   jq -n -r -f plots/ecdf.jq TRACE... > data.tsv
#
# Of one trace there is a curve for each role in the race (of many clients, one for all as well); of several there is one
# a trace, of all but the winners, who are dots at its foot; of the first eight. Who never collaborates counts too and keeps its
# curve below 100 %. Fewer than five values are dots and no curve; where no curve is left, each has a row of its own.
#
# All places are pixels of a picture 1000 wide, y downwards.
# Blocks: 0 title, note, empty, height   1 the numbers, of every client: trace name role outcome total_ns
#  2 curves: x y colour (pieces apart by empty lines)   3 points: x y colour kind (0 a client, 1 a winner)
#  4 ends of curves: x y colour   5 words there: x y text kind (0 name, 1 less)   6 ticks: x y y2 text   7 shares: x x2 y text
#  8 words at the axes: x y text kind (0 centred, 1 not)   9 remarks: x y text
# Colours: 0 ink 1 blue 2 orange 3 green 4 purple 5 red 6 sky 7 grey 8 yellow 9 brown 10 muted.

include "race" { search: "./" };
include "figure" { search: "./" };

# ---- from the traces ----

( reduce inputs as $r ({ done: [] };
    # The trace that is being read lies open, at the top.
    if $r.type == "trace" then
      { done: (if .title == null then .done else .done + [del(.done)] end), title: $r.scenario, seed: $r.seed, stop: 0, failed: [],
        place: ($r.nodes[3:] | to_entries | map({ key: .value, value: .key }) | from_entries) }
    elif .title == null then .
    elif $r.type == "event" then setpath(["stop"]; $r.t) | live($r)
    elif $r.type == "end" then .stop = ([.stop, $r.t] | max) | .failed = $r.failed
    else . end)
  | if .title == null then .done else .done + [del(.done)] end
  | map(.stop as $stop | .place as $place
        | .lives = (clients | to_entries | map(.key as $name | .value | ended($stop) | .name = $name | .total = .end - .start) | sort_by($place[.name]))) ) as $traces
| ($traces | length) as $count
| ([$traces[:8][].lives[] | select(.in) | .total] | max) as $longest
| ([$traces[].lives[]] | length) as $n

# ---- the curves ----

| def curve($name; $colour; $of): { name: $name, colour: $colour, n: ($of | length), times: ([$of[] | select(.in) | .total] | sort),
                                    won: ([$of[] | select(.outcome == "wins") | .total] | sort), names: [$of[].name] };
  (if $count == 1 then
     $traces[0].lives as $l
     | def role($r): [$l[] | select(.role == $r)];
       [ (role("won") | curve(if length == 1 then "the winner" else "winners" end; 3; .)), (role("rejected") | curve("rejected"; 2; .)),
         (role("overtaken") | curve("overtaken"; 4; .)), (role("later") | curve("came later"; 1; .)), (role("out") | curve("kept out"; 5; .)) ]
     | map(select(.n > 0))
     | if $n >= 20 and length > 1 then [$l | curve("all clients"; 0; .)] + . else . end
   else [ range([$count, 8] | min) as $i | $traces[$i] | .title as $t | .lives as $l
          # Titles that are the same are told apart by the seed.
          | (if [$traces[].title] | map(select(. == $t)) | length > 1 then "seed \(.seed): " else "" end) as $which
          | ($l | curve($which + $t; [1, 2, 3, 4, 5, 6, 7, 8][$i]; map(select(.outcome != "wins"))))
            + { won: ([$l[] | select(.outcome == "wins") | .total] | sort) } ] end
   # What would hide behind another is moved aside a little.
   | reduce .[] as $c ([]; . + [$c + { shift: ([.[] | select(.times[0] == $c.times[0])] | length * 2.5) }])) as $curves
# Rows in place of shares.
| all($curves[]; .times | length < 5) as $rows

| 70 as $left | (if $count == 1 then 706 else 590 end) as $right | 112 as $top
| (if $rows then $top + 40 * ([$curves | length, 1] | max) else 432 end) as $bottom
| (966 - $right - 34) as $room
| ([$longest // 1, 1] | max * 1.04) as $max
| def x: . / $max * ($right - $left) + $left | px;
  def y: $bottom - . * ($bottom - $top) | px;

# ---- words at the right, each near the end of its curve, none on another ----

  ([ $curves | to_entries[] | .key as $i | .value | . + { i: $i, share: ((.times | length) / ([.n, 1] | max)) }
     | . + { want: (if $rows then $top + 40 * $i + 24 else .share | y end) } ]
   | sort_by(.want) | (if length > 8 then 33 else 38 end) as $pitch
   # Downwards, then as far upwards as the lowest needs.
   | reduce .[] as $c ([]; . + [$c + { at: ([$c.want, (if length > 0 then .[-1].at + $pitch else 0 end)] | max) }])
   | (.[-1].at // 0 | if . > $bottom - 8 then $bottom - 8 else . end) as $lowest
   | reverse | reduce .[] as $c ([]; . + [$c + { at: ([$c.at, (if length > 0 then .[-1].at - $pitch else $lowest end)] | min) }])
   | reverse) as $ends
| any($curves[]; .name == "overtaken") as $remark
| ($count == 1 and any($traces[0].lives[]; .role == "out")) as $remark2
| ($bottom + 62 + (if $remark then 20 else 0 end) + (if $remark2 then 20 else 0 end)) as $height
| ([$traces[].lives[] | select(.in)] | length) as $joined

| block("title\tnote\tempty\theight";
    [(if $count == 1 then $traces[0].title else "Time to collaborate in \($count) traces" end | clean | fit(19.6; 950)),
     ((if $count == 1 then "time to collaborate · " else "" end) + "\($joined) of \($n) clients collaborate"
      + (if $count == 1 then
           (if ($traces[0].failed | length) > 0 then " · broken: " + ($traces[0].failed | join(", ")) else "" end) + " · seed \($traces[0].seed)"
         else " · dots at the foot: the winners" + (if $count > 8 then " · left out: " + ([$traces[8:][].title] | join(", ")) else "" end) end) | clean | fit(12; 955)),
     (if $n == 0 then "No client starts here."
      elif $longest == null then
        (if $n == 1 then "The only client never collaborates" else "None of the \($n) clients ever collaborates" end)
        + ([$traces[].lives[].outcome] | unique | if length <= 3 then " (" + (map(clean) | join("; ")) + ")." else "." end) | fit(14; 940)
      else "" end), $height] | row),

  block("trace\tclient\trole\toutcome\ttotal_ns";
    range($count) as $i | $traces[$i].lives[] | [$i + 1, .name, .role, .outcome, .total] | row),

  block("x\ty\tcolour";
    $curves[] | select(.times | length >= 5) | .n as $n | .colour as $colour | .times as $times | .shift as $shift
    | (range($times | length) as $i | ($times[$i] | x) as $x
        | [$x, ($i / $n | y), $colour], [$x, (($i + 1) / $n | y), $colour]),
      # On to the right where some are missing.
      (if ($times | length) < $n then [(($times[-1] // 0) | x), (($times | length) / $n | y), $colour], [$right, (($times | length) / $n | y), $colour] else empty end),
      null
    | if . == null then "" else .[0] = ([.[0] + $shift, $right] | min) | .[1] = ([.[1] - $shift, $top] | max) | row end),

  block("x\ty\tcolour\tkind";
    $curves | to_entries[] | .key as $k | .value | .n as $n | .colour as $colour | .times as $times | .won as $won
    | ($top + 40 * $k + 20) as $row
    | (if ($count == 1 and $n <= 12) or ($times | length) < 5 then
         range($times | length) as $i | [($times[$i] | x) + (if $rows then 0 else .shift end), (if $rows then $row else [(($i + 1) / $n | y) - .shift, $top] | max end), $colour, 0] | row
       else empty end),
      (if $count > 1 then $won[] as $w | [($w | x), (if $rows then $row else $bottom end), $colour, 1] | row else empty end)),

  block("x\ty\tcolour"; $ends[] | [$right + 12, .at - 7, .colour] | row),
  block("x\ty\ttext\tkind";
    $ends[] | [$right + 34, .at - 7, (.name + (if $count == 1 and .n == 1 then ": " + .names[0] else "" end) | clean | fit(12; $room)), 0],
      [$right + 34, .at + 9,
       ((if $count > 1 then (.won | if length == 0 then "no winner" elif length == 1 then "winner \(.[0] | duration)" else "\(length) winners, median \(median | duration)" end) + "; "
           + (if .n == (.times | length) then "" else "\(.times | length) of " end) + (if .n == 1 then "1 other" else "\(.n) others" end) + (if .times | length == 0 then "" else ": " end)
         elif .n == (.times | length) then (if .n == 1 then "" else "all \(.n), " end) else "\(.times | length) of \(.n)\(if .times | length == 0 then " collaborate" else ", " end)" end)
        + (.times | if length == 0 then "" elif length == 1 then .[0] | duration elif length == 2 then "\(.[0] | duration) and \(.[1] | duration)"
           else "median \(median | duration)" end) | fit(11; $room)), 1] | row),

  block("x\ty\ty2\ttext";
    ([$max / 8, 1] | max | nice) as $step
    | range(0; $max; $step) | [x, $top, $bottom, duration] | row),
  block("x\tx2\ty\ttext";
    if $rows then range($curves | length) as $i | [$left, $right, $top + 40 * $i + 20, ""] | row
    else (0, 0.25, 0.5, 0.75, 1) | [$left, $right, y, "\(. * 100) %"] | row end),
  block("x\ty\ttext\tkind"; [$left + ($right - $left) / 2, $bottom + 38, "time from the client's start to its first collaborating", 0],
    [20, $top - 18, (if $rows then "each dot is a client" elif $count == 1 then "share of each kind that collaborates by then" else "share of each trace's clients, but its winner, that collaborate by then" end), 1] | row),
  block("x\ty\ttext";
    if $remark then [20, $bottom + 62, role_remark] | row else empty end,
    if $remark2 then [20, $bottom + (if $remark then 82 else 62 end), "kept out: never told anything about the session"] | row else empty end)
