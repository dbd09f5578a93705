# A share over two varied keys, a cell each. The places are in the data; see heatmap.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='heatmap.svg'" plots/heatmap.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

# From nothing to all in lightness as much as in colour: from paper through orange to the ink of what is wrong. None at all
# is a colour of its own.
between(a, b, v) = int(a + (b - a) * v + 0.5)
mix(a, b, v) = between(a >> 16, b >> 16, v) << 16 | between(a >> 8 & 255, b >> 8 & 255, v) << 8 | between(a & 255, b & 255, v)
heat_0 = dark ? 0x2C2519 : 0xFFF3DC; heat_1 = dark ? 0x8A5A12 : 0xF9B95C; heat_2 = dark ? 0xE0662A : 0xD9591A; heat_3 = dark ? 0xFFD9A0 : 0x6B1300
heat(v) = v < 0 ? faint_rgb : v < 1/3. ? mix(heat_0, heat_1, 3*v) : v < 2/3. ? mix(heat_1, heat_2, 3*v - 1) : mix(heat_2, heat_3, 3*v - 2)
none_rgb = dark ? 0x1B3A31 : 0xE3F4EC
fill(v, kind) = kind == 0 ? none_rgb : kind == 2 ? bg_rgb : heat(v)
# The text of a cell is no colour of the theme, since a page that turns dark keeps the colours of cells.
text_rgb(v, kind) = kind == 0 ? (dark ? 0x8FD6BE : 0x00634A) : dark ? (v > 0.6 ? 0x14171C : 0xFFFFFE) : (v > 0.52 ? 0xFFFFFE : 0x23282E)
only(kind, k, value) = kind == k ? value : NaN

plot \
    data index 2 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4:(fill($5,$6)) with boxxyerror fc rgb variable notitle, \
    data index 3 every ::1 using 1:2:3:(text_rgb($4,$5)) with labels font small noenhanced tc rgb variable notitle, \
    data index 4 every ::1 using 1:2:3 with labels font small noenhanced tc rgb muted notitle, \
    data index 5 every ::1 using 1:2:3 with labels right font small noenhanced tc rgb muted notitle, \
    data index 6 every ::1 using (only($4,0,$1)):2:3 with labels font small noenhanced tc rgb ink notitle, \
    data index 6 every ::1 using (only($4,1,$1)):2:3 with labels left font small noenhanced tc rgb ink notitle, \
    data index 7 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4:(fill($5,$6)) with boxxyerror fc rgb variable notitle, \
    data index 8 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb muted notitle
unset output
