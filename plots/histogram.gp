# How a measure is spread, a row a point. The places are in the data; see histogram.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='histogram.svg'" plots/histogram.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 1 nohead lw 0.6 lc rgb soft
set style arrow 2 nohead lw 1.6 lc rgb ink
set style arrow 3 nohead lw 1.4 lc rgb ink dt (2,3)
only(kind, k, value) = kind == k ? value : NaN

plot \
    data index 3 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 1 notitle, \
    data index 2 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb blue notitle, \
    data index 4 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 1 notitle, \
    data index 5 every ::1 using (only($4,0,$1)):2:(0):($3-$2) with vectors arrowstyle 2 notitle, \
    data index 5 every ::1 using (only($4,1,$1)):2:(0):($3-$2) with vectors arrowstyle 3 notitle, \
    data index 3 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 6 every ::1 using (only($4,2,$1)):2:3 with labels font small noenhanced tc rgb ink notitle, \
    data index 6 every ::1 using (only($4,1,$1)):2:3 with labels left font small noenhanced tc rgb muted notitle, \
    data index 7 every ::1 using (only($4,0,$1)):2:3 with labels left font small noenhanced tc rgb ink notitle, \
    data index 7 every ::1 using (only($4,1,$1)):2:3 with labels left font small noenhanced tc rgb muted notitle, \
    data index 7 every ::1 using (only($4,2,$1)):2:3 with labels left font tiny noenhanced tc rgb muted notitle
unset output
