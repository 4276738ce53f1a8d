#!/usr/bin/env bash
# rustc: a program compiled with optimisation, and run with threads; both have their memory from malloc.
# packages: rustc gcc libc6-dev
. "$(dirname "$0")/../preload.bash"

workload() {
  cat >work.rs <<'EOT'
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{mpsc, Arc, Mutex};
use std::thread;

fn random(seed: &mut u64) -> u64 { *seed = *seed * 48271 % 2147483647; *seed }

fn batch(n: u64) -> Vec<(u64, String, Vec<u32>)> {
    let mut seed = n + 1;
    let mut rows: Vec<_> = (0..20000u64)
        .map(|i| (i, format!("key{}", random(&mut seed) % 100000), (0..random(&mut seed) % 9).map(|x| x as u32).collect::<Vec<_>>()))
        .collect();
    rows.sort_by(|a, b| a.1.cmp(&b.1).then(a.0.cmp(&b.0)));
    rows
}

fn main() {
    let (to, from) = mpsc::channel();
    for n in 0..4 { let to = to.clone(); thread::spawn(move || to.send((n, batch(n))).unwrap()); }
    drop(to);
    let mut all: BTreeMap<u64, Vec<(u64, String, Vec<u32>)>> = from.into_iter().collect();
    for (n, rows) in &all {
        let sum = rows.iter().fold(0u64, |s, r| (s * 31 + r.0 + r.1.len() as u64 + r.2.len() as u64) % 1000000007);
        println!("{} {} {}", n, rows.len(), sum);
    }
    all.remove(&1);
    let table = Arc::new(Mutex::new(HashMap::new()));
    let threads: Vec<_> = all.into_iter().map(|(_, rows)| { let table = Arc::clone(&table); thread::spawn(move || {
        for row in rows { table.lock().unwrap().entry(row.1).or_insert_with(VecDeque::new).push_front(row.2); }
    }) }).collect();
    for t in threads { t.join().unwrap(); }
    let table = table.lock().unwrap();
    println!("{} {}", table.len(), table.values().map(|v| v.iter().map(|x| x.len()).sum::<usize>()).sum::<usize>());
}
EOT
  under rustc --edition 2021 -O -C codegen-units=2 -o work work.rs
  under ./work
}
compare
