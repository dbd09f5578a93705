# What the life of each key in the store looks like. Takes the first trace.
#
#   jq -n -r -f plots/keys.jq TRACE > data.tsv
#
# One lane a key, in the order of making: a bar from when it is made until it is discarded (or the end), a dashed line
# where it is asked for although it is gone. A hint that is asked for and was never made has a lane without a bar.
# Above 24 keys, lanes get thin and only those that were won, discarded or missed have a name.
# Places are pixels of a picture 1000 wide, y downwards; see figure.jq for the axis.
#
# Blocks: 0 title, note, empty, height   1 bars: x x2 y half kind (0 orphan, 1 winner)   2 gone: x x2 y
#   3 names: x y text kind (0 hint, 1 whose)   4 marks: x y kind (1 made, 2 found, 3 discarded, 4 missing, 5 won)
#   5 words at marks: x y text kind (0 plain, 1 bad)   6 ticks: x y y2 text   7 folds: x x2 y y2 text
#   8 key of marks: x y kind text   9 key of bars: x y kind text

include "figure" { search: "./" };

[limit(1; inputs | select(.type == "trace"))] as [$head]
| [label $over | inputs | if .type == "end" or .type == "trace" then ., break $over else . end] as $all
| ($all | map(select(.type == "event"))) as $events
| (([$events[-1].t // 0] + ($all[-1:] | map(.t // 0))) | max) as $stop
| def id: "\(.document // "") \(.hint)";

# The keys, and for each hint which key it leads to at the moment.
  (reduce $events[] as $e ({ keys: [], now: {}, sealed: {} };
     def here($hint): .now[$hint] as $i
       | if $i != null then . else .now[$hint] = (.keys | length) | .keys += [{ hint: $e.hint, made: null, marks: [] }] end;
     ($e | id) as $h
     | if $e.event == "key-made" then
         .now[$h] = (.keys | length)
         | .keys[.keys | length] = { hint: $e.hint, key: $e.key, made: $e.t, marks: [[$e.t, 1]] }
       elif $e.event == "send" and $e.msg == "key" and .now[$h] != null then
         .now[$h] as $i | if .keys[$i].by == null then .keys[$i].by = $e.to else . end
       elif $e.event == "key-found" then here($h) | .now[$h] as $i | .keys[$i].marks += [[$e.t, 2]]
       elif $e.event == "key-discarded" then here($h) | .now[$h] as $i | .keys[$i].gone = $e.t | .keys[$i].why = $e.reason | .keys[$i].marks += [[$e.t, 3]]
       elif $e.event == "key-missing" then here($h) | .now[$h] as $i | .keys[$i].marks += [[$e.t, 4]]
       elif $e.event == "sealed" then .sealed[$e.node] = [$h, $e.key]
       elif $e.event == "won" then
         # The winner's key is the one that it sealed under, whatever its hint leads to by now.
         .sealed[$e.node] as $s
         | ([range(.keys | length) as $i | select($s != null and .keys[$i].key == $s[1] and .keys[$i].hint == $e.hint) | $i][-1] // .now[$h]) as $i
         | if $i == null then . else .keys[$i].won = $e.node | .keys[$i].marks += [[$e.t, 5]] end
       else . end)
   | .keys) as $found

| ($found | map(select(.won != null or .gone != null or .made == null or any(.marks[]; .[1] == 4)))) as $told
| ($found | length) as $n
| ($n > 24) as $many
# Very many keys: a sample of the orphans.
| (($n / 160) | ceil) as $every
| [range($n) as $i | $found[$i] | select($i % $every == 0 or .won != null or .gone != null or .made == null or any(.marks[]; .[1] == 4))] as $keys
| ($keys | length) as $lanes
| (if $many then [480 / ([$lanes, 1] | max), 18] | min else 50 end) as $pitch
| (if $many then $pitch * 0.36 else 9 end) as $half

| 158 as $left | 972 as $right
| axis([$stop, $events[].t]; $left; $right) as $axis
| (if ($axis.folds | length) > 0 then 102 else 88 end) as $top
| ($top + $pitch * $lanes + 6) as $bottom
| ($bottom + 78) as $height
| def x: place($axis);
  def y($i): $top + ($i + 0.5) * $pitch | px;

  ([$found[] | select(.won == null and .made != null)] | length) as $orphans
| ("\([$found[] | select(.made != null)] | length) made · \([$found[] | select(.won != null)] | length) won · \($orphans) orphaned"
   + " · \([$found[] | select(.gone != null)] | length) discarded · \([$found[].marks[] | select(.[1] == 4)] | length) times missing"
   + (if $lanes < $n then " · \($lanes) of \($n) keys shown" else "" end) + " · seed \($head.seed)") as $note

| block("title\tnote\tempty\theight";
    [$head.scenario | clean | cut(100), $note,
     (if $n == 0 then "No key is made or asked for in this run." else "" end), ($height | ceil)] | row),

  block("x\tx2\ty\thalf\tkind";
    range($lanes) as $i | $keys[$i] | select(.made != null)
    | [(.made | x), (if .gone != null then .gone | x else $right end), y($i), ($half | px), (if .won != null then 1 else 0 end)] | row),

  block("x\tx2\ty";
    range($lanes) as $i | $keys[$i] | ([.marks[] | select(.[1] == 4) | .[0]] | max) as $last
    | select($last != null) | [((.gone // .made // .marks[0][0]) | x), ($last | x), y($i)] | row),

  # Names where they do not run into the one above.
  block("x\ty\ttext\tkind";
    foreach (range($lanes) as $i | $keys[$i] | select(($many | not) or .won != null or .gone != null or .made == null or any(.marks[]; .[1] == 4))
             | [y($i), .]) as [$y, $k] ({ last: -100, out: [] };
      if $many then
        if $y - .last < 14 then .out = []
        else .last = $y | .out = [[$left - 12, $y, ("\($k.hint)" + (if $k.won != null then " won by \($k.won)" else "" end) | clean | cut(21)), 0]] end
      else .out = [[$left - 12, $y - 7, ($k.hint | clean | cut(21)), 0],
                   [$left - 12, $y + 8, (if $k.made == null then "never made" elif $k.by != null then "for \($k.by)" else "" end | clean | cut(22)), 1]] end;
      .out[] | row)),

  block("x\ty\tkind";
    range($lanes) as $i | $keys[$i].marks[] | select(($many | not) or .[1] != 1) | [(.[0] | x), y($i), .[1]] | row),

  # Words right of a mark, on the bar or behind its end.
  block("x\ty\ttext\tkind";
    if $many then empty else
      range($lanes) as $i | $keys[$i] as $k
      | ([$k.marks[] | select(.[1] == 5) | .[0]][0]) as $won
      | ($won != null and $k.gone != null) as $late
      | ("won by \($k.won)" | clean | cut(40)) as $winner
      | (if $k.gone != null then
           ("discarded: \($k.why)" | clean | cut(40)) as $w
           | [([($k.gone | x) - 5, 985 - ($w | wide(11))] | min), y($i) - 18, $w, 1]
         else empty end),
        (if $won == null then empty
         elif $late then [([($won | x) - 5, 985 - ($winner | wide(11))] | min), y($i) + 18, $winner, 0]
         else [([($won | x) + 10, 985 - ($winner | wide(11))] | min), y($i) - 18, $winner, 0] end),
        ([$k.marks[] | select(.[1] == 4) | .[0]] as $m
         | if ($m | length) > 0 then
             ("missing" + (if ($m | length) > 1 then " \($m | length) times" else "" end)) as $w
             | ([($m[0] | x) - 5, (if $late then ($won | x) + ($winner | wide(11)) + 10 else 0 end)] | max) as $at
             | [([$at, 985 - ($w | wide(11))] | min), y($i) + 18, $w, 1]
           else empty end)
      | row
    end),

  block("x\ty\ty2\ttext"; ticks($axis) | [.[0], $top - 4, $bottom, (.[1] | exactly)] | row),
  block("x\tx2\ty\ty2\ttext"; folds($axis) | [.[0], .[1], $top - 4, $bottom, .[2]] | row),

  block("x\ty\tkind\ttext";
    reduce ([1, "made"], [5, "won"], [2, "looked up"], [3, "discarded"], [4, "asked for, missing"]) as $m ({ x: 340, out: [] };
      .out += [[.x, $bottom + 54, $m[0], $m[1]]] | .x += 40 + ($m[1] | wide(12)))
    | .out[] | row),
  block("x\ty\tkind\ttext";
    [20, $bottom + 54, 1, "kept, the winner's"], [186, $bottom + 54, 0, "kept, orphaned"] | row)
