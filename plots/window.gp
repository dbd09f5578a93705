# Who raced: each client by the instant of its request, in the lane of its outcome, with the window. The places are in
# the data; see window.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='window.svg'" plots/window.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 1 nohead lw 0.6 lc rgb soft
set style arrow 2 nohead lw 1.2 lc rgb orange
set style arrow 3 nohead lw 1.2 lc rgb green dt (4,3)
band = dark ? "#33290f" : "#fdf0d5"
# Each lane has its colour and its shape.
lane_rgb(n) = n == 0 ? green_rgb : n == 1 ? orange_rgb : n == 2 ? purple_rgb : n == 3 ? blue_rgb : red_rgb
only(kind, k, value) = kind == k ? value : NaN

plot \
    data index 3 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb band notitle, \
    data index 11 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 11 every ::1 using 1:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 11 every ::1 using 2:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 10 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 1 notitle, \
    data index 6 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 1 notitle, \
    data index 6 every ::1 using 1:4:($2-$1):(0) with vectors arrowstyle 1 notitle, \
    data index 4 every ::1 using (only($4,0,$1)):2:(0):($3-$2) with vectors arrowstyle 2 notitle, \
    data index 4 every ::1 using (only($4,1,$1)):2:(0):($3-$2) with vectors arrowstyle 3 notitle, \
    data index 8 every ::1 using (only($3,0,$1)):2 with points pt 7 ps 0.9 lc rgb green notitle, \
    data index 8 every ::1 using (only($3,1,$1)):2 with points pt 13 ps 0.9 lc rgb orange notitle, \
    data index 8 every ::1 using (only($3,2,$1)):2 with points pt 9 ps 0.75 lc rgb purple notitle, \
    data index 8 every ::1 using (only($3,3,$1)):2 with points pt 5 ps 0.6 lc rgb blue notitle, \
    data index 8 every ::1 using (only($3,4,$1)):2 with points pt 2 ps 0.75 lw 2 lc rgb red notitle, \
    data index 9 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb ink notitle, \
    data index 5 every ::1 using ($1+$4/2):2:1:($1+$4):($2-8):($2+8) with boxxyerror fc rgb bg notitle, \
    data index 5 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb ink notitle, \
    data index 7 every ::1 using 1:2:3:($4 == 2 ? red_rgb : $4 == 1 ? muted_rgb : ink_rgb) with labels right font small noenhanced tc rgb variable notitle, \
    data index 10 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 11 every ::1 using (($1+$2)/2):($3-8):5 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 12 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb muted notitle
unset output
