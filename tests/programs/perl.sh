#!/usr/bin/env bash
# perl: hashes, sorting, regular expressions, long strings.
# packages: perl
. "$(dirname "$0")/preload.bash"

workload() {
  PERL_HASH_SEED=0 under perl - <<'EOT'
use strict; use warnings;
my ($seed, %count, @list) = (42);
sub random { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $seed % $_[0] }
for my $i (1 .. 200000) { my $k = "key" . random(50000); $count{$k}++; push @{ $list[ $i % 1000 ] }, $k }
print scalar(keys %count), "\n";
print "$_ $count{$_}\n" for (sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count)[ 0 .. 19 ];
print join(",", map { scalar @$_ } @list[ 0 .. 9 ]), "\n";
delete $count{$_} for grep { /7/ } keys %count;
print scalar(keys %count), "\n";
my $text = join " ", map { "w$_=" . ($_ * 17 % 1009) } 1 .. 60000;
my %sum; $sum{ $2 % 10 } += $1 while $text =~ /w(\d+)=(\d+)/g;
print "$_ $sum{$_}\n" for sort keys %sum;
(my $copy = $text) =~ s/(\d+)=(\d+)/$2:$1/g;
print length($copy), " ", unpack("%32C*", $copy), "\n";
my @sorted = sort { $a cmp $b } split / /, $copy;
print "$sorted[0] $sorted[-1] ", scalar(@sorted), "\n";
my $long = ""; $long .= chr(65 + $_ % 26) x ($_ % 50) for 1 .. 40000;
print length($long), " ", unpack("%32C*", reverse $long), "\n";
EOT
}
compare
