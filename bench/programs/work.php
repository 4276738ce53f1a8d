<?php
// work.php -- the PHP program of the suite: work.php ROUNDS. Arrays of both kinds, strings that are built and taken apart,
// objects, closures, generators, JSON, sorting. Prints one line that depends on all of it.

$state = 42;
function below(int $n): int {
  global $state;
  $state = ($state * 1103515245 + 12345) % 2147483648;
  return ($state >> 8) % $n;
}

function strings(): int {
  $parts = [];
  for ($i = 0; $i < 15000; $i++) $parts[] = "k" . below(4000) . str_repeat("=", below(4));
  $count = array_count_values(explode(",", implode(",", $parts)));
  ksort($count, SORT_STRING);
  $sum = 0;
  foreach ($count as $key => $n) $sum = ($sum * 31 + $n * strlen(strtoupper($key))) % 1000000007;
  return $sum;
}

class Node {
  public ?Node $left = null;
  public ?Node $right = null;
  public function __construct(public int $value) {}
}

function tree(int $depth): Node {
  $node = new Node($depth === 0 ? below(10) : $depth);
  if ($depth > 0) [$node->left, $node->right] = [tree($depth - 1), tree($depth - 1)];
  return $node;
}

function visit(Node $node): Generator {
  if ($node->left !== null) {
    yield from visit($node->left);
    yield from visit($node->right);
  }
  yield $node->value;
}

function trees(): int {
  $sum = 0;
  foreach (visit(tree(11)) as $value) $sum += $value;
  return $sum;
}

function records(): int {
  $records = [];
  for ($i = 0; $i < 3000; $i++) {
    $at = [below(99), below(99)];
    $records[] = ["id" => $i, "name" => "n" . below(900), "tags" => array_fill(0, below(6), "t"), "at" => $at];
  }
  $read = json_decode(json_encode($records), true);
  usort($read, fn($a, $b) => [$a["name"], $a["id"]] <=> [$b["name"], $b["id"]]);
  $grouped = [];
  foreach ($read as $record) $grouped[$record["name"]][] = array_sum($record["at"]) + count($record["tags"]);
  $sum = 0;
  foreach ($grouped as $values) $sum = ($sum * 131 + array_sum($values)) % 1000000007;
  return $sum;
}

$rounds = (int)$argv[1];
$check = 0;
$kept = [];
for ($turn = 0; $turn < $rounds; $turn++) {
  foreach (["strings", "trees", "records"] as $part) $check = ($check * 131 + $part()) % 1000000007;
  $kept[$turn % 4] = tree(10);
}
echo "$rounds rounds: $check\n";
