# bursts.gp -- notes/bursts.svg: what is resident between bursts, and what they cost. `gnuplot bursts.gp` in this folder draws it.
# Medians of 2 runs by turns of `sawtooth 300 PAUSE` (bench/sawtooth.c): ms of processor time a burst, MiB resident in the pause.
$new << EOD
60 89 264.3
1000 245 8.7
4000 256 8.4
EOD
$today << EOD
60 127 212.5
1000 221 11.1
4000 234 7.3
EOD
$none << EOD
60 240 8.9
1000 228 8.7
4000 252 8.4
EOD
$always << EOD
60 132 264.2
1000 223 8.7
4000 251 8.4
EOD
$libc << EOD
60 260 125.0
1000 234 104.6
4000 254 155.9
EOD
$jemalloc << EOD
60 245 112.2
1000 269 107.3
4000 269 92.7
EOD
$tcmalloc << EOD
60 99 334.3
1000 95 334.5
4000 96 334.3
EOD
$mimalloc << EOD
60 92 332.6
1000 88 332.5
4000 122 332.8
EOD
$tbb << EOD
60 282 10.0
1000 267 10.4
4000 282 10.4
EOD
set terminal svg size 1000,430 font 'DejaVu Sans,12' background '#ffffff'
set output 'bursts.svg'
set multiplot layout 1,3 title '300 MiB allocated and freed, then a pause'
set logscale y
set yrange [1:700]
set xrange [0:350]
set xlabel 'processor time of a burst, ms'
set grid lc rgb '#dcdcdc' lt 1
set key below maxrows 3 samplen 1 font ',9'
set ylabel 'resident in the pause, MiB'
set title 'pause of 60 ms'
plot $new using ($1==60 ? $2 : NaN):3 with points pt 7 ps 1.3 lc rgb '#d40000' title 'mica', $today using ($1==60 ? $2 : NaN):3 with points pt 6 ps 1.3 lw 2 lc rgb '#d40000' title 'credit that halves (before)', $none using ($1==60 ? $2 : NaN):3 with points pt 4 ps 1.1 lw 2 lc rgb '#d40000' title 'no credit', $always using ($1==60 ? $2 : NaN):3 with points pt 8 ps 1.2 lw 2 lc rgb '#d40000' title 'large OS pages in an episode', $libc using ($1==60 ? $2 : NaN):3 with points pt 5 ps 1 lc rgb '#0072b2' title 'C library', $jemalloc using ($1==60 ? $2 : NaN):3 with points pt 9 ps 1 lc rgb '#009e73' title 'jemalloc', $tcmalloc using ($1==60 ? $2 : NaN):3 with points pt 11 ps 1 lc rgb '#e69f00' title 'tcmalloc', $mimalloc using ($1==60 ? $2 : NaN):3 with points pt 13 ps 1 lc rgb '#7f5ab0' title 'mimalloc', $tbb using ($1==60 ? $2 : NaN):3 with points pt 15 ps 1 lc rgb '#5f5f5f' title 'tbbmalloc'
set ylabel ''
set title 'pause of 1 s'
plot $new using ($1==1000 ? $2 : NaN):3 with points pt 7 ps 1.3 lc rgb '#d40000' title 'mica', $today using ($1==1000 ? $2 : NaN):3 with points pt 6 ps 1.3 lw 2 lc rgb '#d40000' title 'credit that halves (before)', $none using ($1==1000 ? $2 : NaN):3 with points pt 4 ps 1.1 lw 2 lc rgb '#d40000' title 'no credit', $always using ($1==1000 ? $2 : NaN):3 with points pt 8 ps 1.2 lw 2 lc rgb '#d40000' title 'large OS pages in an episode', $libc using ($1==1000 ? $2 : NaN):3 with points pt 5 ps 1 lc rgb '#0072b2' title 'C library', $jemalloc using ($1==1000 ? $2 : NaN):3 with points pt 9 ps 1 lc rgb '#009e73' title 'jemalloc', $tcmalloc using ($1==1000 ? $2 : NaN):3 with points pt 11 ps 1 lc rgb '#e69f00' title 'tcmalloc', $mimalloc using ($1==1000 ? $2 : NaN):3 with points pt 13 ps 1 lc rgb '#7f5ab0' title 'mimalloc', $tbb using ($1==1000 ? $2 : NaN):3 with points pt 15 ps 1 lc rgb '#5f5f5f' title 'tbbmalloc'
set ylabel ''
set title 'pause of 4 s'
plot $new using ($1==4000 ? $2 : NaN):3 with points pt 7 ps 1.3 lc rgb '#d40000' title 'mica', $today using ($1==4000 ? $2 : NaN):3 with points pt 6 ps 1.3 lw 2 lc rgb '#d40000' title 'credit that halves (before)', $none using ($1==4000 ? $2 : NaN):3 with points pt 4 ps 1.1 lw 2 lc rgb '#d40000' title 'no credit', $always using ($1==4000 ? $2 : NaN):3 with points pt 8 ps 1.2 lw 2 lc rgb '#d40000' title 'large OS pages in an episode', $libc using ($1==4000 ? $2 : NaN):3 with points pt 5 ps 1 lc rgb '#0072b2' title 'C library', $jemalloc using ($1==4000 ? $2 : NaN):3 with points pt 9 ps 1 lc rgb '#009e73' title 'jemalloc', $tcmalloc using ($1==4000 ? $2 : NaN):3 with points pt 11 ps 1 lc rgb '#e69f00' title 'tcmalloc', $mimalloc using ($1==4000 ? $2 : NaN):3 with points pt 13 ps 1 lc rgb '#7f5ab0' title 'mimalloc', $tbb using ($1==4000 ? $2 : NaN):3 with points pt 15 ps 1 lc rgb '#5f5f5f' title 'tbbmalloc'
unset multiplot
