# Every clock's error against true time, and the tokens that were judged by them. See clocks.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='clocks.svg'" plots/clocks.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 4 nohead lw 0.6 lc rgb soft
set style arrow 5 nohead lw 1 lc rgb muted dt (4,3)

set style arrow 8 nohead lw 2.5 lc rgb red
set style arrow 9 nohead lw 1.5 lc rgb bg
# gnuplot forgets the width of the second stroke of a cross if it is that of the first one.
set style arrow 18 nohead lw 2.51 lc rgb red
set style arrow 19 nohead lw 1.51 lc rgb bg

only(kind, k, value) = kind == k ? value : NaN
clock_rgb(kind) = kind == 0 ? blue_rgb : purple_rgb
valid_rgb(kind) = kind == 1 ? (dark ? 0x5E3A2A : 0xF6D5C1) : (dark ? 0x1E5546 : 0xBFE5D8)

plot \
    data index 9 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 9 every ::1 using 1:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 9 every ::1 using 2:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 10 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 8 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 4 notitle, \
    data index 15 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 4 notitle, \
    data index 15 every ::1 using ($2+6):3:4 with labels left font small noenhanced tc rgb muted notitle, \
    data index 3 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 5 notitle, \
    data index 1 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4:(clock_rgb($5)) with boxxyerror fs transparent solid 0.75 fc rgb variable notitle, \
    data index 4 every ::1 using (($1+$2)/2):3:1:2:($3-8):($3+8):(valid_rgb($4)) with boxxyerror fc rgb variable notitle, \
    data index 6 every ::1 using (only($3,0,$1)):2 with points pt 13 ps 0.75 lc rgb muted notitle, \
    data index 6 every ::1 using (only($3,1,$1)):2 with points pt 7 ps 0.67 lc rgb green notitle, \
    data index 6 every ::1 using (only($3,2,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 6 every ::1 using (only($3,2,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 7 every ::1 using (only($4,0,$1)):2:3 with labels left font tiny noenhanced tc rgb red notitle, \
    data index 7 every ::1 using (only($4,1,$1)):2:3 with labels right font tiny noenhanced tc rgb red notitle, \
    data index 2 every ::1 using 1:2:3:($4 == 2 ? muted_rgb : ink_rgb) with labels right font small noenhanced tc rgb variable notitle, \
    data index 2 every ::1 using (only($4<2,1,$1+7)):2:($1+4):($1+9):($2-5):($2+5):(clock_rgb($4)) with boxxyerror fc rgb variable notitle, \
    data index 5 every ::1 using 1:2:3:($4 == 1 ? red_rgb : $4 == 2 ? muted_rgb : ink_rgb) with labels right font small noenhanced tc rgb variable notitle, \
    data index 8 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 10 every ::1 using (($1+$2)/2):($4+14):5 with labels font small noenhanced tc rgb muted notitle, \
    data index 9 every ::1 using (($1+$2)/2):($3-8):5 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 13 every ::1 using 1:2:3 with labels left font small noenhanced tc rgb ink notitle, \
    data index 14 every ::1 using 1:2:3 with labels font tiny noenhanced tc rgb ink notitle, \
    data index 12 every ::1 using ($1+6):2:1:($1+12):($2-6):($2+6):(valid_rgb($3)) with boxxyerror fc rgb variable notitle, \
    data index 12 every ::1 using ($1+18):2:4 with labels left font small noenhanced tc rgb ink notitle, \
    data index 11 every ::1 using (only($3,0,$1)):2 with points pt 13 ps 0.75 lc rgb muted notitle, \
    data index 11 every ::1 using (only($3,1,$1)):2 with points pt 7 ps 0.67 lc rgb green notitle, \
    data index 11 every ::1 using (only($3,2,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 11 every ::1 using (only($3,2,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 11 every ::1 using ($1+12):2:4 with labels left font small noenhanced tc rgb ink notitle
unset output
