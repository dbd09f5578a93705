# Life of each key in the store: made, won, looked up, discarded, and the moments it was missed. See keys.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='keys.svg'" plots/keys.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 4 nohead lw 0.6 lc rgb soft
set style arrow 5 nohead lw 1.4 lc rgb red dt (3,3)

set style arrow 8 nohead lw 2.5 lc rgb red
set style arrow 9 nohead lw 1.5 lc rgb bg
# gnuplot forgets the width of the second stroke of a cross if it is that of the first one.
set style arrow 18 nohead lw 2.51 lc rgb red
set style arrow 19 nohead lw 1.51 lc rgb bg

only(kind, k, value) = kind == k ? value : NaN
fill(kind) = kind == 1 ? green_rgb : wait_rgb

plot \
    data index 7 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 7 every ::1 using 1:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 7 every ::1 using 2:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 6 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 4 notitle, \
    data index 1 every ::1 using (($1+$2)/2):3:1:2:($3-$4):($3+$4):(fill($5)) with boxxyerror fc rgb variable notitle, \
    data index 2 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 5 notitle, \
    data index 4 every ::1 using (only($3,1,$1)):2 with points pt 13 ps 0.75 lc rgb orange notitle, \
    data index 4 every ::1 using (only($3,2,$1)):2 with points pt 7 ps 0.86 lc rgb bg notitle, \
    data index 4 every ::1 using (only($3,2,$1)):2 with points pt 7 ps 0.57 lc rgb blue notitle, \
    data index 4 every ::1 using (only($3,5,$1)):2 with points pt 9 ps 1.1 lc rgb bg notitle, \
    data index 4 every ::1 using (only($3,5,$1)):2 with points pt 9 ps 0.75 lc rgb ink notitle, \
    data index 4 every ::1 using (only($3,3,$1)):2 with points pt 7 ps 1.33 lc rgb bg notitle, \
    data index 4 every ::1 using (only($3,3,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 4 every ::1 using (only($3,3,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 4 every ::1 using (only($3,4,$1)):2 with points pt 7 ps 0.95 lc rgb bg notitle, \
    data index 4 every ::1 using (only($3,4,$1)):2 with points pt 7 ps 0.67 lc rgb bg notitle, \
    data index 4 every ::1 using (only($3,4,$1)):2 with points pt 6 ps 0.67 lc rgb red notitle, \
    data index 5 every ::1 using (only($4,0,$1)):2:3 with labels left font tiny noenhanced tc rgb ink notitle, \
    data index 5 every ::1 using (only($4,1,$1)):2:3 with labels left font tiny noenhanced tc rgb red notitle, \
    data index 3 every ::1 using 1:2:3:($4 == 1 ? muted_rgb : ink_rgb) with labels right font small noenhanced tc rgb variable notitle, \
    data index 6 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 7 every ::1 using (($1+$2)/2):($3-8):5 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 9 every ::1 using ($1+6):2:1:($1+12):($2-6):($2+6):(fill($3)) with boxxyerror fc rgb variable notitle, \
    data index 9 every ::1 using ($1+18):2:4 with labels left font small noenhanced tc rgb ink notitle, \
    data index 8 every ::1 using (only($3,1,$1)):2 with points pt 13 ps 0.75 lc rgb orange notitle, \
    data index 8 every ::1 using (only($3,2,$1)):2 with points pt 7 ps 0.57 lc rgb blue notitle, \
    data index 8 every ::1 using (only($3,5,$1)):2 with points pt 9 ps 0.75 lc rgb ink notitle, \
    data index 8 every ::1 using (only($3,3,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 8 every ::1 using (only($3,3,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 8 every ::1 using (only($3,4,$1)):2 with points pt 7 ps 0.67 lc rgb bg notitle, \
    data index 8 every ::1 using (only($3,4,$1)):2 with points pt 6 ps 0.67 lc rgb red notitle, \
    data index 8 every ::1 using ($1+12):2:4 with labels left font small noenhanced tc rgb ink notitle
unset output
