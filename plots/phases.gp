# How the time of each client splits: stacked bars, winners above the others. The places are in the data; see phases.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='phases.svg'" plots/phases.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 1 nohead lw 0.6 lc rgb soft
set style arrow 2 nohead lw 2.5 lc rgb bg

# Here the upload has a colour of its own, and so has being away.
fill(n) = n == 12 ? (dark ? 0xB36B00 : 0x8F5600) : n == 11 ? (dark ? 0x7A4630 : 0xF0BDA5) : phase_rgb(n)
text(n) = n == 12 ? 0xFFFFFF : phase_ink(n)
strong = ending eq "svg" ? sprintf('%s" font-weight="bold,%g', font, 12) : sprintf("%s:Bold,%g", font, 12 * px)
only(kind, k, value) = kind == k ? value : NaN

plot \
    data index 7 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 1 notitle, \
    data index 8 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 8 every ::1 using 1:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 8 every ::1 using 2:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 2 every ::1 using (($1+$2)/2):3:1:2:($3-$4):($3+$4):(fill($5)) with boxxyerror fc rgb variable notitle, \
    data index 9 every ::1 using 1:2:3:4 with vectors arrowstyle 2 notitle, \
    data index 3 every ::1 using 1:2:3:(text($4)) with labels font tiny noenhanced tc rgb variable notitle, \
    data index 4 every ::1 using 1:2:($1-$4):($1+$4):($2-7):($2+7) with boxxyerror fc rgb bg notitle, \
    data index 4 every ::1 using 1:2:3 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 5 every ::1 using (only($4,0,$1)):2:3 with labels right font small noenhanced tc rgb ink notitle, \
    data index 5 every ::1 using (only($4,1,$1)):2:3 with labels right font tiny noenhanced tc rgb muted notitle, \
    data index 5 every ::1 using (only($4,2,$1)):2:3 with labels left font strong noenhanced tc rgb ink notitle, \
    data index 5 every ::1 using (only($4,3,$1)):2:3 with labels right font small noenhanced tc rgb ink notitle, \
    data index 6 every ::1 using 1:2:3:($4 == 1 ? red_rgb : ink_rgb) with labels left font small noenhanced tc rgb variable notitle, \
    data index 7 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 8 every ::1 using (($1+$2)/2):($3-8):5 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 10 every ::1 using ($1+6):2:1:($1+12):($2-6):($2+6):(fill($3)) with boxxyerror fc rgb variable notitle, \
    data index 10 every ::1 using ($1+18):2:4 with labels left font small noenhanced tc rgb ink notitle, \
    data index 11 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb muted notitle
unset output
