# A chart, as chart.gp draws it, on which bands of uncertainty lie below the curves. The places are in the data; see lines.jq.
#
#   gnuplot -d -e "data='data.tsv'; out='harm.svg'" plots/band.gp
if (!exists("here")) here = "plots"
bands = 'for [c=1:9] data index 12 using 1:($4 == c ? $2 : NaN):3 with filledcurves fs transparent solid 0.18 noborder fc rgb colour(c) notitle, '
load here."/chart.gp"
