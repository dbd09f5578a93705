# The look that all figures share: paper and ink, palette, fonts, title, terminal by the ending of `out`.
#
# A figure sets what it needs and loads this file:
#     if (!exists("here")) here = "plots"
#     height(rows) = 120 + 40 * rows      # of the picture, in pixels at a width of W
#     load here."/theme.gp"
# Given on the command line: data, out; dark (0), here ("plots"), font ("DejaVu Sans").
#
# Block 0 of every data file is one row below its header line: title, note (a second line, may be empty), empty (a
# sentence to show in place of the figure when there is nothing to draw; empty when there is), rows (a number that
# height() may use). They are read here; where `empty` says something it is drawn and gnuplot ends.
#
# Text comes from the data file only: nothing of it is gnuplot code, and nothing of it is enhanced text.
#
# Afterwards: W, H (pixels); bg, ink, muted, soft, faint (colours of paper, text, secondary text, lines, bands);
# blue, orange, green, sky, yellow, red, purple, grey (Okabe-Ito; told apart with any colour vision);
# ink_rgb, muted_rgb, ... and blue_rgb, ... as numbers for `lc rgb variable`;
# phase_rgb(n), phase_ink(n): fill of phase n and the text on it. 0 idle, 1 token, 2 connect, 3 key, 4 create, 5 wait,
# 6 look up, 7 derive, 8 join, 9 collaborate, 10 failed, 11 reconnect;
# tiny, small, normal, bold: fonts of 11, 12, 14 and 17 pixels; sx(p), sy(p): screen coordinates of pixels from the left and from the top.

if (!exists("here")) here = "plots"
if (!exists("dark")) dark = 0
if (!exists("font")) font = "DejaVu Sans"
if (!exists("W")) W = 1000

# Paper and ink.
bg    = dark ? "#14171c" : "#ffffff"
ink   = dark ? "#d7dce2" : "#24292f"
muted = dark ? "#9aa4af" : "#59636e"
soft  = dark ? "#3a424d" : "#d0d7de"
faint = dark ? "#1d2229" : "#f3f5f7"

# Okabe and Ito's colours.
blue = "#0072B2"; orange = "#E69F00"; green = "#009E73"; sky = "#56B4E9"; yellow = "#F0E442"
red = "#D55E00"; purple = "#CC79A7"; grey = "#9AA4AF"
# Blue is too dark on dark paper.
if (dark) { blue = "#3D9BD9"; green = "#1FB58B"; red = "#F0783C" }

number(colour) = int(real("0x".substr(colour, 2, 7)))
ink_rgb = number(ink); muted_rgb = number(muted); soft_rgb = number(soft); faint_rgb = number(faint); bg_rgb = number(bg)
blue_rgb = number(blue); orange_rgb = number(orange); green_rgb = number(green); sky_rgb = number(sky)
yellow_rgb = number(yellow); red_rgb = number(red); purple_rgb = number(purple); grey_rgb = number(grey)

# Phases of a client.
wait_rgb = dark ? 0x4A535F : 0xDDE2E7
join_rgb = 0x8FD6BE
phase_rgb(n) = n == 1 ? grey_rgb : n == 2 ? sky_rgb : n == 3 ? yellow_rgb : n == 4 ? orange_rgb : n == 5 ? wait_rgb : \
    n == 6 ? blue_rgb : n == 7 ? purple_rgb : n == 8 ? join_rgb : n == 9 ? green_rgb : n == 10 ? red_rgb : soft_rgb
phase_ink(n) = n == 5 || n == 0 || n == 11 ? ink_rgb : n == 6 || n == 9 || n == 10 ? (dark ? 0x14171C : 0xFFFFFF) : 0x14171C

set encoding utf8
set datafile separator "\t"
set datafile commentschars ""

# Block 0.
title = ""; note = ""; empty = ""; rows = 0
set table $nothing
plot data index 0 every ::1 using (title = strcol(1), note = strcol(2), empty = strcol(3), rows = column(4), 0):(0) with table
unset table
if (title eq "") { title = "A run without a title" }

# The terminal.
H = empty ne "" ? 220 : int(height(rows))
ending = out[strlen(out)-2:]
px = ending eq "png" ? 1.5 : ending eq "pdf" ? 0.72 : 1   # a pixel of the figure in the terminal's unit of fonts
normal = sprintf("%s,%g", font, 14 * px)
small  = sprintf("%s,%g", font, 12 * px)
tiny   = sprintf("%s,%g", font, 11 * px)
# The svg terminal knows no weight: it is given as an attribute behind the family.
bold   = ending eq "svg" ? sprintf('%s" font-weight="bold,%g', font, 17) : sprintf("%s:Bold,%g", font, 17 * px)
if (ending eq "svg") {
    set terminal svg size W,H dynamic enhanced font normal background rgb bg
} else { if (ending eq "pdf") {
    set terminal pdfcairo size (W / 100.0),(H / 100.0) enhanced color font normal fontscale 1 background rgb bg linewidth 0.72 pointscale 1.17
} else {
    set terminal pngcairo size (2 * W),(2 * H) enhanced font normal background rgb bg linewidth 2 pointscale 3.25
} }
set output out

sx(p) = p / (1.0 * W)
sy(p) = 1 - p / (1.0 * H)
set lmargin at screen sx(70)
set rmargin at screen sx(W - 30)
set tmargin at screen sy(note eq "" ? 60 : 80)
set bmargin at screen sy(H - 60)

set border 1 lc rgb soft lw 1
set tics nomirror out scale 0.6 textcolor rgb ink font small
set grid xtics lc rgb soft lw 0.6 dt solid
set key off
set xlabel textcolor rgb ink font small
set ylabel textcolor rgb ink font small
set style fill solid 1 noborder
# The edges of a stretch of time that was cut, in every figure.
set style arrow 20 nohead lw 1 lc rgb muted dt (2,3)
# Words on lines: `with labels boxed`.
set style textbox opaque noborder fillcolor rgb bg margins 0.4,0.4

set label 1 title at screen sx(20), screen sy(28) left font bold noenhanced textcolor rgb ink front
set label 2 note at screen sx(20), screen sy(54) left font small noenhanced textcolor rgb muted front

if (empty ne "") {
    unset border; unset tics; unset grid; unset xlabel; unset ylabel
    set label 3 empty at screen 0.5, screen sy(130) center font normal noenhanced textcolor rgb muted front
    plot [0:1] [0:1] -1 with lines notitle
    unset output
    exit status 0
}
