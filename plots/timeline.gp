# Swim lanes of every node over virtual time. The places of everything are in the data; see timeline.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='timeline.svg'" plots/timeline.gp
if (!exists("here")) here = "plots"
height(rows) = rows
load here."/theme.gp"

# The picture is a canvas of pixels.
set lmargin at screen 0; set rmargin at screen 1; set tmargin at screen 1; set bmargin at screen 0
set xrange [0:W]; set yrange [H:0]
unset border; unset tics; unset grid; unset xlabel; unset ylabel

set style arrow 1 head filled size 6,16,60 fixed lw 0.7 lc rgb muted
set style arrow 2 head filled size 7,18,60 fixed lw 1.5 lc rgb ink
set style arrow 3 head filled size 7,18,60 fixed lw 1.5 lc rgb red
set style arrow 4 nohead lw 0.6 lc rgb soft
set style arrow 5 nohead lw 1.2 lc rgb red
set style arrow 6 nohead lw 1.2 lc rgb muted dt (4,3)
set style arrow 7 nohead lw 1 lc rgb muted

set style arrow 8 nohead lw 2.5 lc rgb red
set style arrow 9 nohead lw 1.5 lc rgb bg
set style arrow 10 nohead lw 5 lc rgb orange
# gnuplot forgets the width of the second stroke of a cross if it is that of the first one.
set style arrow 18 nohead lw 2.51 lc rgb red
set style arrow 19 nohead lw 1.51 lc rgb bg

# The edges of a frame around the numbers of steps from x to x2.
spare(x, x2, text) = 0.5 * (5 * strlen(text) + 8 - (x2 - x)) > 7 ? 0.5 * (5 * strlen(text) + 8 - (x2 - x)) : 7
left(x, x2, text) = x - spare(x, x2, text)
right(x, x2, text) = x2 + spare(x, x2, text)
# A node that is down, or cut off.
down = dark ? "#4A2A1A" : "#FADCCB"
key_rgb(n) = n == 12 ? number(down) : phase_rgb(n)
only(kind, k, value) = kind == k ? value : NaN

plot \
    data index 10 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb faint notitle, \
    data index 10 every ::1 using 1:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 10 every ::1 using 2:3:(0):($4-$3) with vectors arrowstyle 20 notitle, \
    data index 16 every ::1 using (($1+$2)/2):(($3+$4)/2):1:2:3:4 with boxxyerror fc rgb down notitle, \
    data index 9 every ::1 using 1:2:(0):($3-$2) with vectors arrowstyle 4 notitle, \
    data index 1 every ::1 using 1:3:($2-$1):(0) with vectors arrowstyle 4 notitle, \
    data index 11 every ::1 using (only($4,0,$1)):2:(0):($3-$2) with vectors arrowstyle 6 notitle, \
    data index 11 every ::1 using (only($4,1,$1)):2:(0):($3-$2) with vectors arrowstyle 5 notitle, \
    data index 17 every ::1 using 1:2:3:4 with vectors arrowstyle 10 notitle, \
    data index 5 every ::1 using (only($5,0,$1)):2:3:4 with vectors arrowstyle 1 notitle, \
    data index 5 every ::1 using (only($5,1,$1)):2:3:4 with vectors arrowstyle 2 notitle, \
    data index 5 every ::1 using (only($5,2,$1)):2:3:4 with vectors arrowstyle 3 notitle, \
    data index 3 every ::1 using (($1+$2)/2):3:1:2:($3-$4):($3+$4):(phase_rgb($5)) with boxxyerror fc rgb variable notitle, \
    data index 4 every ::1 using 1:2:3:(phase_ink($4)) with labels font tiny noenhanced tc rgb variable notitle, \
    data index 6 every ::1 using (only($3,1,$1)):2 with points pt 13 ps 0.75 lc rgb orange notitle, \
    data index 6 every ::1 using (only($3,2,$1)):2 with points pt 7 ps 0.57 lc rgb green notitle, \
    data index 6 every ::1 using (only($3,3,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 6 every ::1 using (only($3,3,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 6 every ::1 using (only($3,4,$1)):2 with points pt 7 ps 0.67 lc rgb bg notitle, \
    data index 6 every ::1 using (only($3,4,$1)):2 with points pt 6 ps 0.67 lc rgb red notitle, \
    data index 6 every ::1 using (only($3,5,$1)):2 with points pt 7 ps 1.33 lc rgb bg notitle, \
    data index 6 every ::1 using (only($3,5,$1)-4):($2-4):(8):(8) with vectors arrowstyle 8 notitle, \
    data index 6 every ::1 using (only($3,5,$1)-4):($2+4):(8):(-8) with vectors arrowstyle 18 notitle, \
    data index 6 every ::1 using (only($3,6,$1)):2 with points pt 7 ps 1.14 lc rgb red notitle, \
    data index 6 every ::1 using (only($3,6,$1)-2.5):($2-2.5):(5):(5) with vectors arrowstyle 9 notitle, \
    data index 6 every ::1 using (only($3,6,$1)-2.5):($2+2.5):(5):(-5) with vectors arrowstyle 19 notitle, \
    data index 8 every ::1 using (strlen(strcol(4)) == 1 ? $1 : NaN):3 with points pt 7 ps 1.43 lc rgb bg notitle, \
    data index 8 every ::1 using (strlen(strcol(4)) == 1 ? $1 : NaN):3 with points pt 6 ps 1.43 lc rgb ink notitle, \
    data index 8 every ::1 using (strlen(strcol(4)) > 1 ? ($1+$2)/2 : NaN):3:(left($1,$2,strcol(4))):(right($1,$2,strcol(4))):($3-8):($3+8) with boxxyerror fs solid border lc rgb ink lw 1 fc rgb bg notitle, \
    data index 8 every ::1 using (($1+$2)/2):3:4 with labels font tiny noenhanced tc rgb ink notitle, \
    data index 7 every ::1 using 1:2:3 with labels boxed font tiny noenhanced tc rgb muted notitle, \
    data index 2 every ::1 using 1:2:3:($4 == 2 ? red_rgb : $4 == 1 ? muted_rgb : ink_rgb) with labels right font small noenhanced tc rgb variable notitle, \
    data index 9 every ::1 using 1:($3+14):4 with labels font small noenhanced tc rgb muted notitle, \
    data index 10 every ::1 using (($1+$2)/2):($3-8):5 with labels font tiny noenhanced tc rgb muted notitle, \
    data index 12 every ::1 using 1:2:3:($4 == 1 ? red_rgb : ink_rgb) with labels left boxed font small noenhanced tc rgb variable notitle, \
    data index 13 every ::1 using 1:2:3:($4 == 1 ? red_rgb : ink_rgb) with labels right boxed font small noenhanced tc rgb variable notitle, \
    data index 14 every ::1 using ($1+6):2:1:($1+12):($2-6):($2+6):(key_rgb($3)) with boxxyerror fc rgb variable notitle, \
    data index 14 every ::1 using ($1+18):2:4 with labels left font small noenhanced tc rgb ink notitle, \
    data index 15 every ::1 using 1:2 with points pt 7 ps 1.43 lc rgb bg notitle, \
    data index 15 every ::1 using 1:2 with points pt 6 ps 1.43 lc rgb ink notitle, \
    data index 15 every ::1 using 1:2:3 with labels font tiny noenhanced tc rgb ink notitle, \
    data index 15 every ::1 using ($1+13):2:4 with labels left font small noenhanced tc rgb ink notitle
unset output
